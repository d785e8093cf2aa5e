package tfcvae;

/**
 * The networks of one model on one runtime.
 *
 * <p>Planes are flat arrays in the order row, column, channel, without a batch dimension. A
 * quality is a number from 1 to 100. {@link #predict} must be exact: it decides what the entropy
 * coder reads. Every network of an exported model is in its tflite folder, under a signature of
 * the same name (hyperAnalyse: hyper_analyse). Instances need not be safe for several threads.
 *
 * <p>A receiver needs {@link #predict} and {@link #synthesise} alone; the others may throw {@link
 * UnsupportedOperationException} there.
 */
public interface Networks {
  /**
   * Pixels to latents.
   *
   * @param pixels RGB, (height, width, 3), a byte from 0 to 255 each
   * @param height a multiple of {@link Geometry#LATENT}
   * @param width a multiple of {@link Geometry#LATENT}
   * @return y, (height / LATENT, width / LATENT, latents)
   */
  float[] analyse(byte[] pixels, int height, int width);

  /**
   * Latents to hyper-latents.
   *
   * @param y (height, width, latents)
   * @return z, (ceil(height / {@link Geometry#Z}), ceil(width / Z), hyper-latents)
   */
  int[] hyperAnalyse(float[] y, int height, int width, float quality);

  /**
   * Hyper-latents to what they say of the latents.
   *
   * @param z (height, width, hyper-latents)
   * @return planes of (Z height, Z width, latents)
   */
  Prediction predict(int[] z, int height, int width, float quality);

  /**
   * Latents and their prediction to the values that are coded; the signature calls them symbols.
   *
   * @param y (height, width, latents), as are {@code mean} and {@code index}
   * @return values, (height, width, latents)
   */
  int[] quantise(float[] y, int[] mean, int[] index, int height, int width, float quality);

  /**
   * Values and mean to pixels; the signature calls the values symbols.
   *
   * @param values (height, width, latents), as is {@code mean}
   * @return RGB, (LATENT height, LATENT width, 3), a byte from 0 to 255 each
   */
  byte[] synthesise(int[] values, int[] mean, int height, int width, float quality);

  /** What hyper-latents say of the latents. */
  final class Prediction {
    /** The mean of each latent, in {@link Geometry#MEAN_STEPS} steps of a latent's own. */
    public final int[] mean;

    /** Which table row codes each latent. */
    public final int[] index;

    public Prediction(int[] mean, int[] index) {
      this.mean = mean;
      this.index = index;
    }
  }
}
