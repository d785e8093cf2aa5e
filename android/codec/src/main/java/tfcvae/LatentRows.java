package tfcvae;

/**
 * The rows of y and of its mean, decoded from top to bottom as they are asked for.
 *
 * <p>Only the rows of one window, and of the band that was decoded last, are in memory.
 */
final class LatentRows {
  private final Passes.Bands bands;
  private final int latents; // channels
  private final int row; // values of a row
  private final int[] y; // of the rows from `top` to `bottom`
  private final int[] mean;
  private int top;
  private int bottom;

  /**
   * Bounds what will be allocated.
   *
   * @param window the most rows of y that will be asked for at once
   * @throws FormatException the image is too wide or too high
   */
  LatentRows(Passes passes, LaneDecoder stream, int latents, int window) throws FormatException {
    bands = passes.decode(stream);
    this.latents = latents;
    row = passes.columns * latents;
    int most = (int) Math.min(passes.rows, (long) window + bands.most);
    passes.checkSize((long) most * passes.columns, latents);
    y = new int[most * row];
    mean = new int[y.length];
  }

  /** Makes rows {@code from} to {@code to} available; neither ever goes back. */
  void require(int from, int to) throws FormatException {
    if (from > top) {
      int kept = (bottom - from) * row;
      System.arraycopy(y, (from - top) * row, y, 0, kept);
      System.arraycopy(mean, (from - top) * row, mean, 0, kept);
      top = from;
    }
    while (bottom < to) {
      bottom += bands.next(y, mean, (bottom - top) * row);
    }
  }

  /** Copies columns of the rows required last, (rows, columns, latents). */
  void copy(Span columns, int[] values, int[] means, int rows) {
    int from = columns.windowStart * latents;
    int cut = columns.window() * latents;
    for (int i = 0; i < rows; i++) {
      System.arraycopy(y, from + i * row, values, i * cut, cut);
      System.arraycopy(mean, from + i * row, means, i * cut, cut);
    }
  }
}
