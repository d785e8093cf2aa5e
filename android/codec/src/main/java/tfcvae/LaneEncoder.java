package tfcvae;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Codes groups of values, which are decoded in the same order.
 *
 * <p>rANS is a stack: groups are collected first, then pushed last symbol to first.
 */
final class LaneEncoder {
  private final Tables tables;
  private final List<int[]> groups = new ArrayList<>(); // flat symbols of what is coded
  private final List<Integer> escapes = new ArrayList<>();
  private final double[] cost; // bits of each flat symbol
  private double bits;

  LaneEncoder(Tables tables) {
    this.tables = tables;
    cost = new double[tables.frequency.length];
    Arrays.setAll(cost, i -> tables.precision - Math.log(tables.frequency[i]) / Math.log(2));
  }

  /**
   * Adds a group.
   *
   * @param values int16, and 0 where the row is skipped
   * @param index which table row codes each value
   * @throws IllegalArgumentException a value or a row is out of range
   */
  void add(int[] values, int[] index) {
    if (values.length != index.length) {
      throw new IllegalArgumentException(
          values.length + " values, an index of " + index.length);
    }
    int[] symbols = new int[values.length];
    int coded = 0;
    for (int i = 0; i < values.length; i++) {
      check(values[i], index[i]);
      if (!tables.skip[index[i]]) {
        symbols[coded++] = flatSymbol(values[i], index[i]);
      }
    }
    groups.add(Arrays.copyOf(symbols, coded));
  }

  /** The exact cost of all groups under the tables, without the lanes' end states. */
  double idealBits() {
    return bits;
  }

  /** The values that no table reaches, in order; 2 bytes each, little endian. */
  byte[] escapes() {
    byte[] bytes = new byte[2 * escapes.size()];
    for (int i = 0; i < escapes.size(); i++) {
      putPair(bytes, 2 * i, escapes.get(i));
    }
    return bytes;
  }

  /**
   * The final states, 4 bytes a lane, and the words, 2 bytes each; little endian.
   *
   * @param lanes a power of two from 1 to 256
   */
  byte[] stream(int lanes) {
    Lanes.check(lanes);
    int[] state = new int[lanes];
    Arrays.fill(state, Lanes.LOW);
    int most = groups.stream().mapToInt(group -> group.length).sum(); // a word per symbol
    char[] words = new char[most];
    int word = most; // words are written backwards: the reader takes them forwards
    for (int g = groups.size() - 1; g >= 0; g--) {
      word = push(groups.get(g), state, words, word);
    }
    byte[] stream = new byte[4 * lanes + 2 * (most - word)];
    for (int i = 0; i < lanes; i++) {
      putPair(stream, 4 * i, state[i]);
      putPair(stream, 4 * i + 2, state[i] >>> 16);
    }
    for (int to = 4 * lanes; word < most; to += 2) {
      putPair(stream, to, words[word++]);
    }
    return stream;
  }

  /** Pushes a group on the states; returns the position of its first word. */
  private int push(int[] symbols, int[] state, char[] words, int word) {
    int precision = tables.precision;
    for (int i = symbols.length - 1; i >= 0; i--) {
      int lane = i & state.length - 1;
      int x = state[lane];
      int frequency = tables.frequency[symbols[i]];
      if (x >>> 31 - precision >= frequency) { // would leave the interval: spill a word
        words[--word] = (char) x;
        x >>>= 16;
      }
      int quotient = x / frequency;
      state[lane] =
          (quotient << precision) + (x - quotient * frequency) + tables.start[symbols[i]];
    }
    return word;
  }

  private int flatSymbol(int value, int row) {
    int symbol = value - tables.low[row];
    boolean inside = symbol >= 0 && symbol < tables.size[row];
    int flat = tables.first[row] + (inside ? symbol : tables.size[row]);
    bits += cost[flat];
    if (!inside) {
      escapes.add(value);
      bits += Tables.ESCAPE_BITS;
    }
    return flat;
  }

  private void check(int value, int row) {
    if (row < 0 || row >= tables.rows) {
      throw new IllegalArgumentException("row " + row + "; expected 0 to " + (tables.rows - 1));
    }
    if (value != (short) value) {
      throw new IllegalArgumentException("value " + value + "; expected -32768 to 32767");
    }
    if (value != 0 && tables.skip[row]) {
      throw new IllegalArgumentException("values in skipped rows must be 0: they are not coded");
    }
  }

  private static void putPair(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >>> 8);
  }
}
