package tfcvae;

import static tfcvae.Geometry.Z;

import java.util.Arrays;
import java.util.Iterator;

/**
 * The rows of y and of its mean, decoded from top to bottom as they are asked for.
 *
 * <p>Only the rows of one window are in memory. They come in bands: a band of z, with a halo around
 * it, predicts some rows of y, whose symbols are then taken from the stream.
 */
final class LatentRows {
  private static final int BAND = 4; // rows of z
  private static final int MAX_VALUES = 1 << 25; // of any array: 128 MB

  private final Model model;
  private final Networks networks;
  private final LaneDecoder stream;
  private final float quality;
  private final int height; // of y
  private final int width;
  private final int zHeight;
  private final int zWidth;
  private final Iterator<Span> bands; // of z
  private final int[] z;
  private int[] y; // of the rows from `first` to `end`
  private int[] mean;
  private int first;
  private int end;

  /**
   * Bounds what will be allocated, then decodes z.
   *
   * @param window the most rows of y that will be asked for at once
   * @throws FormatException the image is too wide or too high, or the stream is damaged
   */
  LatentRows(Model model, Networks networks, LaneDecoder stream, Header header, int window)
      throws FormatException {
    this.model = model;
    this.networks = networks;
    this.stream = stream;
    quality = header.quality();
    height = Geometry.sideOfY(header.height);
    width = Geometry.sideOfY(header.width);
    zHeight = Geometry.sideOfZ(height);
    zWidth = Geometry.sideOfZ(width);
    // Without a halo in the manifest all is predicted at once: always right, never small.
    int band = model.predictionHalo < 0 ? zHeight : BAND;
    int bandWindow = Math.min(zHeight, band + 2 * Math.max(model.predictionHalo, 0));
    bands = Span.cover(zHeight, band, Math.max(model.predictionHalo, 0)).iterator();
    int rows = (int) Math.min(height, (long) window + Z * band);
    long most = Math.max(rows, Z * bandWindow);
    checkSize(most * Z * zWidth, model.latents);
    checkSize((long) zHeight * zWidth, model.hyperLatents);
    z = decodeZ();
    y = new int[rows * width * model.latents];
    mean = new int[y.length];
  }

  private void checkSize(long places, int channels) throws FormatException {
    if (places > MAX_VALUES / channels) {
      throw new FormatException(
          Fault.TOO_LARGE,
          String.format(
              "an image of %d x %d blocks of %d pixels takes arrays of more than %d values "
                  + "with this model; decode it in smaller tiles, or elsewhere",
              height, width, Geometry.LATENT, MAX_VALUES));
    }
  }

  private int[] decodeZ() throws FormatException {
    int[] rows = new int[zWidth * model.hyperLatents];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = model.zRows + i % model.hyperLatents;
    }
    int[] values = new int[zHeight * rows.length];
    stream.startGroup();
    for (int row = 0; row < zHeight; row++) {
      stream.pop(rows, 0, rows.length, values, row * rows.length);
    }
    stream.startGroup(); // y begins
    return values;
  }

  /** Makes rows {@code from} to {@code to} available; neither ever goes back. */
  void require(int from, int to) throws FormatException {
    int row = width * model.latents;
    if (from > first) {
      int kept = (end - from) * row;
      System.arraycopy(y, (from - first) * row, y, 0, kept);
      System.arraycopy(mean, (from - first) * row, mean, 0, kept);
      first = from;
    }
    while (end < to) {
      decodeBand(bands.next());
    }
  }

  private void decodeBand(Span band) throws FormatException {
    int zRow = zWidth * model.hyperLatents;
    int[] window = Arrays.copyOfRange(z, band.windowStart * zRow, band.windowStop * zRow);
    Networks.Prediction said = networks.predict(window, band.window(), zWidth, quality);
    int saidRow = Z * zWidth * model.latents;
    int expected = Z * band.window() * saidRow;
    Decoder.checkLength("mean", said.mean.length, expected);
    Decoder.checkLength("index", said.index.length, expected);
    int row = width * model.latents;
    int stop = Math.min(Z * band.stop, height);
    for (; end < stop; end++) {
      int from = (end - Z * band.windowStart) * saidRow;
      int to = (end - first) * row;
      System.arraycopy(said.mean, from, mean, to, row);
      stream.pop(said.index, from, row, y, to);
    }
    if (end == height) {
      stream.finish();
    }
  }

  /** Copies columns of the rows required last, (rows, columns, latents). */
  void copy(Span columns, int[] symbols, int[] means, int rows) {
    int row = width * model.latents;
    int cut = columns.window() * model.latents;
    for (int i = 0; i < rows; i++) {
      int from = i * row + columns.windowStart * model.latents;
      System.arraycopy(y, from, symbols, i * cut, cut);
      System.arraycopy(mean, from, means, i * cut, cut);
    }
  }

  int height() {
    return height;
  }

  int width() {
    return width;
  }
}
