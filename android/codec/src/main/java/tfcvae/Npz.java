package tfcvae;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Reads NumPy's .npz: a zip archive of .npy arrays, stored or deflated. */
final class Npz {
  /** Bytes of all arrays together; the tables of a model take less than one hundredth. */
  private static final int MAX_BYTES = 1 << 26;

  private Npz() {}

  /** Arrays by name, without the ".npy" of their entries. */
  static Map<String, NpyArray> read(byte[] data) throws FormatException {
    Map<String, NpyArray> arrays = new HashMap<>();
    int left = MAX_BYTES;
    try (ZipInputStream zip =
        new ZipInputStream(new ByteArrayInputStream(data), StandardCharsets.UTF_8)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName();
        if (!name.endsWith(".npy")) {
          throw new FormatException(
              Fault.MODEL, "\"" + name + "\" in an .npz file; expected .npy files");
        }
        byte[] content = readEntry(zip, left);
        left -= content.length;
        NpyArray array = NpyArray.read(name, content);
        if (arrays.put(name.substring(0, name.length() - 4), array) != null) {
          throw new FormatException(Fault.MODEL, name + " occurs twice; expected it once");
        }
      }
    } catch (FormatException error) {
      throw error;
    } catch (IOException | IllegalArgumentException error) { // the latter for bad names
      throw new FormatException(Fault.MODEL, "not an .npz file, or a damaged one: " + error, error);
    }
    if (arrays.isEmpty()) {
      throw new FormatException(Fault.MODEL, "not an .npz file: no array in it");
    }
    return arrays;
  }

  /** Reads what the archive says and not what it claims: sizes in it are not trusted. */
  private static byte[] readEntry(ZipInputStream zip, int limit) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    for (int n = zip.read(buffer); n >= 0; n = zip.read(buffer)) {
      if (n > limit - content.size()) {
        throw new FormatException(
            Fault.MODEL, "an .npz file with more than " + MAX_BYTES + " bytes");
      }
      content.write(buffer, 0, n);
    }
    return content.toByteArray();
  }
}
