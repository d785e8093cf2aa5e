package tfcvae;

import static tfcvae.Geometry.LATENT;
import static tfcvae.Geometry.MEAN_STEPS;
import static tfcvae.Geometry.Z;

import java.util.Arrays;

/**
 * Networks of integers that see as far as a model's halo says, and no further.
 *
 * <p>They stand for the real ones where their learned content does not matter: every output is a
 * sum over a window, with zeros beyond the border, as of a 'same' convolution.
 */
final class LocalNetworks implements Networks {
  private final Model model;
  private final int predictionReach;

  LocalNetworks(Model model, int predictionReach) {
    this.model = model;
    this.predictionReach = predictionReach;
  }

  @Override
  public float[] analyse(byte[] pixels, int height, int width) {
    int rows = height / LATENT;
    int columns = width / LATENT;
    int[] blocks = new int[rows * columns];
    for (int i = 0; i < pixels.length; i++) {
      int block = i / (3 * LATENT * width) * columns + i / (3 * LATENT) % columns;
      blocks[block] += (pixels[i] & 255) - 128;
    }
    int[] sums = sums(blocks, rows, columns, 1, model.analysisHalo);
    float[] y = new float[rows * columns * model.latents];
    for (int i = 0; i < y.length; i++) {
      y[i] = sums[i / model.latents] / 1024f / (1 + i % model.latents);
    }
    return y;
  }

  @Override
  public int[] hyperAnalyse(float[] y, int height, int width, float quality) {
    int columns = Geometry.sideOfZ(width);
    int[] z = new int[Geometry.sideOfZ(height) * columns * model.hyperLatents];
    for (int i = 0; i < height * width; i++) {
      int place = i / width / Z * columns + i % width / Z;
      for (int c = 0; c < model.hyperLatents; c++) {
        z[place * model.hyperLatents + c] += Math.round(y[i * model.latents]) % 3;
      }
    }
    return z;
  }

  @Override
  public Prediction predict(int[] z, int height, int width, float quality) {
    int[] sums = sums(z, height, width, model.hyperLatents, predictionReach);
    int[] mean = new int[Z * height * Z * width * model.latents];
    int[] index = new int[mean.length];
    for (int i = 0; i < mean.length; i++) {
      int place = i / model.latents;
      int block = place / (Z * width) / Z * width + place % (Z * width) / Z;
      mean[i] = sums[block * model.hyperLatents] % 99 + i % model.latents;
      index[i] = Math.floorMod(sums[block * model.hyperLatents] + place * 7 + i, model.zIndex);
    }
    return new Prediction(mean, index);
  }

  @Override
  public int[] quantise(
      float[] y, int[] mean, int[] index, int height, int width, float quality) {
    int[] values = new int[y.length];
    for (int i = 0; i < y.length; i++) {
      int value = Math.round(y[i] * quality / 50 - mean[i] / (float) MEAN_STEPS);
      values[i] = model.tables.skip[index[i]] ? 0 : (short) value;
    }
    return values;
  }

  @Override
  public byte[] synthesise(int[] values, int[] mean, int height, int width, float quality) {
    int[] latents = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      latents[i] = MEAN_STEPS * values[i] + mean[i];
    }
    int[] sums = sums(latents, height, width, model.latents, model.synthesisHalo);
    byte[] pixels = new byte[3 * LATENT * height * LATENT * width];
    for (int i = 0; i < pixels.length; i++) {
      int block = i / (3 * LATENT * LATENT * width) * width + i / (3 * LATENT) % width;
      pixels[i] = (byte) (sums[block * model.latents + i % model.latents] + i % 48 + i % 3);
    }
    return pixels;
  }

  /** Adds up each channel within {@code reach} rows and columns, nearer ones counting more. */
  private static int[] sums(int[] plane, int height, int width, int channels, int reach) {
    int[] rows = along(plane, height, width * channels, reach);
    int[] result = new int[plane.length];
    for (int row = 0; row < height; row++) {
      int start = row * width * channels;
      int[] one = Arrays.copyOfRange(rows, start, start + width * channels);
      System.arraycopy(along(one, width, channels, reach), 0, result, start, one.length);
    }
    return result;
  }

  private static int[] along(int[] plane, int length, int step, int reach) {
    int[] result = new int[plane.length];
    for (int i = 0; i < length; i++) {
      for (int j = Math.max(0, i - reach); j <= Math.min(length - 1, i + reach); j++) {
        for (int k = 0; k < step; k++) {
          result[i * step + k] += (1 + reach - Math.abs(i - j)) * plane[j * step + k];
        }
      }
    }
    return result;
  }
}
