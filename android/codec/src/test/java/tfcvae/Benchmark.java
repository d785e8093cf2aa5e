package tfcvae;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Measures the entropy stage alone, on one thread: java tfcvae.Benchmark FILE.npz [millions]
 *
 * <p>The file has the tables of a model and the index of each latent of a photo. Values are
 * drawn from those tables, in 32 lanes. Values of skipped rows are among them, as in a real
 * photo, and not counted.
 */
public final class Benchmark {
  private static final int LANES = 32;
  private static final int REPEATS = 7;

  private Benchmark() {}

  public static void main(String[] args) throws Exception {
    Path file = Paths.get(args[0]);
    double millions = args.length > 1 ? Double.parseDouble(args[1]) : 4;
    Map<String, NpyArray> arrays = Npz.read(Files.readAllBytes(file));
    Tables tables = Tables.of(arrays);
    int[] index = repeat(arrays.get("index").values, (int) (1e6 * millions));
    int[] values = draw(index, tables, new Random(1));
    int coded = 0;
    for (int row : index) {
      coded += tables.skip[row] ? 0 : 1;
    }
    double encoding = Double.MAX_VALUE;
    double decoding = Double.MAX_VALUE;
    byte[] stream = null;
    for (int i = 0; i < REPEATS; i++) { // the first ones also compile the code
      long start = System.nanoTime();
      LaneEncoder encoder = new LaneEncoder(tables);
      encoder.add(values, index);
      stream = encoder.stream(LANES);
      encoding = Math.min(encoding, (System.nanoTime() - start) / 1e9);
      int[] found = new int[index.length];
      start = System.nanoTime();
      LaneDecoder decoder = new LaneDecoder(stream, encoder.escapes(), LANES, tables);
      decoder.pop(index, 0, index.length, found, 0);
      decoder.finish();
      decoding = Math.min(decoding, (System.nanoTime() - start) / 1e9);
      if (!Arrays.equals(found, values)) {
        throw new AssertionError("the decoder did not return what was encoded");
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%d symbols in %d lanes, %d more skipped, %.2f bits each: "
            + "decode %.1f, encode %.1f million symbols a second, best of %d%n",
        coded, LANES, index.length - coded, 8.0 * stream.length / coded,
        coded / decoding / 1e6, coded / encoding / 1e6, REPEATS);
  }

  private static int[] repeat(int[] part, int count) {
    int[] whole = new int[count];
    Arrays.setAll(whole, i -> part[i % part.length]);
    return whole;
  }

  /** Values as likely as the tables say. */
  static int[] draw(int[] index, Tables tables, Random random) {
    int[] values = new int[index.length];
    for (int i = 0; i < index.length; i++) {
      int row = index[i];
      int slot = random.nextInt(1 << tables.precision);
      int value = (short) tables.slots[row << tables.precision | slot];
      boolean escaped = value == Tables.ESCAPE; // anything beyond the row is
      values[i] = tables.skip[row] ? 0 : escaped ? tables.low[row] - 1 : value;
    }
    return values;
  }
}
