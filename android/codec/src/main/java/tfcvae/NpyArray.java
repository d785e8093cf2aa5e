package tfcvae;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array of integers or booleans from NumPy's .npy format, version 1 to 3.
 *
 * <p>Only what the tables of a model need: little endian, C order, values that fit 32 bits.
 */
final class NpyArray {
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{'descr': '(\\|[biu]1|<[iu][24]|<i8)', 'fortran_order': False, "
              + "'shape': \\(((?:\\d{1,9}, )*(?:\\d{1,9},?)?)\\), \\}\\s*");
  private static final int MAX_RANK = 4;
  private static final int MAX_HEADER = 1024; // NumPy pads a short one to 128 bytes

  /** Length of each dimension, empty for a single number. */
  final int[] shape;

  /** The values in C order; a boolean is 0 or 1. */
  final int[] values;

  final boolean isBoolean;

  private NpyArray(int[] shape, int[] values, boolean isBoolean) {
    this.shape = shape;
    this.values = values;
    this.isBoolean = isBoolean;
  }

  /** Reads a whole .npy file; {@code name} is for the messages. */
  static NpyArray read(String name, byte[] data) throws FormatException {
    if (data.length < 12 || !text(data, 0, 6).equals("\u0093NUMPY")) {
      throw new FormatException(
          Fault.MODEL, name + ": not an array of NumPy; export the model again");
    }
    int version = data[6];
    int prefix = version == 1 ? 10 : 12;
    long length = version == 1 ? uint(data, 8, 2) : uint(data, 8, 4);
    long available = Math.min(data.length - prefix, MAX_HEADER);
    if (version < 1 || version > 3 || length > available) {
      throw new FormatException(
          Fault.MODEL, name + ": a damaged array header; export the model again");
    }
    int start = prefix + (int) length;
    Matcher header = HEADER.matcher(text(data, prefix, (int) length));
    if (!header.matches()) {
      throw new FormatException(
          Fault.MODEL,
          name + ": an array of an unknown kind: " + text(data, prefix, (int) length).trim());
    }
    String type = header.group(1);
    int[] shape = shape(name, header.group(2));
    int[] values = values(name, type, count(name, shape), data, start);
    return new NpyArray(shape, values, type.charAt(1) == 'b');
  }

  private static int[] shape(String name, String text) throws FormatException {
    String[] parts = text.isEmpty() ? new String[0] : text.split(",\\s*");
    if (parts.length > MAX_RANK) {
      throw new FormatException(
          Fault.MODEL, name + ": an array of more than " + MAX_RANK + " dimensions");
    }
    int[] shape = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      shape[i] = Integer.parseInt(parts[i]);
    }
    return shape;
  }

  private static long count(String name, int[] shape) throws FormatException {
    long count = 1;
    for (int length : shape) {
      count *= length; // below 2^31 * 10^9: no overflow
      if (count > Integer.MAX_VALUE) {
        throw new FormatException(Fault.MODEL, name + ": an array of more than 2^31 values");
      }
    }
    return count;
  }

  private static int[] values(String name, String type, long count, byte[] data, int start)
      throws FormatException {
    int width = type.charAt(2) - '0';
    char kind = type.charAt(1);
    if (count * width != data.length - start) {
      throw new FormatException(
          Fault.MODEL,
          String.format(
              "%s: %d values of type %s do not take %d bytes; the file is damaged",
              name, count, type, data.length - start));
    }
    int[] values = new int[(int) count];
    for (int i = 0; i < values.length; i++) {
      long value = number(data, start + i * width, width, kind != 'i');
      boolean fits = kind == 'b' ? value == 0 || value == 1 : value == (int) value;
      if (!fits) {
        throw new FormatException(Fault.MODEL, name + ": the value " + value + " is out of range");
      }
      values[i] = (int) value;
    }
    return values;
  }

  private static String text(byte[] data, int at, int length) {
    return new String(data, at, length, StandardCharsets.ISO_8859_1);
  }

  /** Reads a little-endian number. */
  private static long number(byte[] data, int at, int width, boolean unsigned) {
    long value = unsigned ? data[at + width - 1] & 255 : data[at + width - 1];
    for (int i = width - 2; i >= 0; i--) {
      value = value << 8 | data[at + i] & 255;
    }
    return value;
  }

  private static long uint(byte[] data, int at, int bytes) {
    return number(data, at, bytes, true);
  }
}
