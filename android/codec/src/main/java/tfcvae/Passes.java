package tfcvae;

import static tfcvae.Geometry.Z;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * The walk through the values of an image: z, then the passes of y.
 *
 * <p>Sender and receiver are here side by side, and nothing else knows that order, which rows of
 * the tables code z, or how a prediction is cut to the size of y. There is one pass over all
 * latents: {@link #checkPlan} refuses a model with more.
 */
final class Passes {
  private static final int BAND = 4; // rows of z
  private static final int MAX_VALUES = 1 << 25; // of any array of a receiver: 128 MB

  final int rows; // of y
  final int columns;

  private final Model model;
  private final Networks networks;
  private final float quality;
  private final int zRows;
  private final int zColumns;

  Passes(Model model, Networks networks, float quality, long height, long width) {
    this.model = model;
    this.networks = networks;
    this.quality = quality;
    rows = Geometry.sideOfY(height);
    columns = Geometry.sideOfY(width);
    zRows = Geometry.sideOfZ(rows);
    zColumns = Geometry.sideOfZ(columns);
  }

  /**
   * Checks a manifest's plan: an array with the pass of each latent, from 0 on.
   *
   * @throws FormatException there is more than one pass, or it is something else
   */
  static void checkPlan(Object plan) throws FormatException {
    if (!isOnePass(plan)) {
      throw new FormatException(
          Fault.MODEL,
          "manifest.json: plan is not one pass over all latents; a newer reader is needed");
    }
  }

  private static boolean isOnePass(Object plan) {
    return plan instanceof List
        ? ((List<?>) plan).stream().allMatch(Passes::isOnePass)
        : Double.valueOf(0).equals(plan);
  }

  /** Sender: the values to code of y, (rows, columns, latents); floats end here. */
  LaneEncoder encode(float[] y) {
    LaneEncoder groups = new LaneEncoder(model.tables);
    int[] z = networks.hyperAnalyse(y, rows, columns, quality);
    Decoder.checkLength("z", z.length, zRows * zColumns * model.hyperLatents);
    groups.add(z, indexOfZ(z.length));
    Networks.Prediction said = predict(z, zRows);
    int[] mean = cut(said.mean);
    int[] index = cut(said.index);
    int[] values = networks.quantise(y, mean, index, rows, columns, quality);
    Decoder.checkLength("symbols", values.length, y.length);
    groups.add(values, index);
    return groups;
  }

  /**
   * Receiver: bounds what will be allocated; nothing is taken from the stream yet.
   *
   * @throws FormatException the image is too wide or too high
   */
  Bands decode(LaneDecoder stream) throws FormatException {
    return new Bands(stream);
  }

  /** z, and then y from top to bottom in bands of rows, each when it is asked for. */
  final class Bands {
    /** The most rows of y that {@link #next} takes. */
    final int most;

    private final LaneDecoder stream;
    private final Iterator<Span> bands; // of z
    private int[] z;

    private Bands(LaneDecoder stream) throws FormatException {
      this.stream = stream;
      // Without a halo in the manifest all is predicted at once: always right, never small.
      int size = model.predictionHalo < 0 ? zRows : BAND;
      List<Span> spans = Span.cover(zRows, size, Math.max(model.predictionHalo, 0));
      bands = spans.iterator();
      most = Z * spans.get(0).length();
      checkSize((long) zRows * zColumns, model.hyperLatents);
      checkSize((long) Z * spans.get(0).window() * Z * zColumns, model.latents);
    }

    /**
     * Takes the next rows of y and their mean, which go into the arrays from {@code to} on.
     *
     * @return how many rows these are
     * @throws FormatException the stream is damaged; with the last rows that is known for sure
     */
    int next(int[] y, int[] mean, int to) throws FormatException {
      if (z == null) {
        takeZ();
      }
      Span band = bands.next();
      int zRow = zColumns * model.hyperLatents;
      int[] window = Arrays.copyOfRange(z, band.windowStart * zRow, band.windowStop * zRow);
      Networks.Prediction said = predict(window, band.window());
      int row = columns * model.latents;
      int count = Math.min(Z * band.stop, rows) - Z * band.start;
      for (int i = 0; i < count; i++) {
        int from = (Z * (band.start - band.windowStart) + i) * Z * zColumns * model.latents;
        System.arraycopy(said.mean, from, mean, to + i * row, row);
        stream.pop(said.index, from, row, y, to + i * row);
      }
      if (!bands.hasNext()) {
        stream.finish();
      }
      return count;
    }

    private void takeZ() throws FormatException {
      z = new int[zRows * zColumns * model.hyperLatents];
      int[] index = indexOfZ(zColumns * model.hyperLatents); // of one row
      stream.startGroup();
      for (int to = 0; to < z.length; to += index.length) {
        stream.pop(index, 0, index.length, z, to);
      }
      stream.startGroup(); // the pass over y
    }
  }

  /** Which table row codes each of the first {@code count} values of z. */
  private int[] indexOfZ(int count) {
    int[] index = new int[count];
    Arrays.setAll(index, i -> model.zIndex + i % model.hyperLatents);
    return index;
  }

  /** What some whole rows of z say: planes of Z times as many rows and columns. */
  private Networks.Prediction predict(int[] z, int height) {
    Networks.Prediction said = networks.predict(z, height, zColumns, quality);
    int expected = Z * height * Z * zColumns * model.latents;
    Decoder.checkLength("mean", said.mean.length, expected);
    Decoder.checkLength("index", said.index.length, expected);
    return said;
  }

  /** The part of a predicted plane that y has. */
  private int[] cut(int[] plane) {
    int row = columns * model.latents;
    int[] result = new int[rows * row];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(plane, i * Z * zColumns * model.latents, result, i * row, row);
    }
    return result;
  }

  /** Refuses planes of so many latents, or hyper-latents, that one array does not hold them. */
  void checkSize(long positions, int channels) throws FormatException {
    if (positions > MAX_VALUES / channels) {
      throw new FormatException(
          Fault.TOO_LARGE,
          String.format(
              "an image of %d x %d blocks of %d pixels takes arrays of more than %d values "
                  + "with this model; decode it in smaller tiles, or elsewhere",
              rows, columns, Geometry.LATENT, MAX_VALUES));
    }
  }
}
