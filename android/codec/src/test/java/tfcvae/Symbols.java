package tfcvae;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;

/**
 * The entropy coder alone, without a network: what a file's stream holds for the prediction of a
 * golden photo.
 *
 * <p>java tfcvae.Symbols FILE.tfcv PHOTO.npz OUTPUT
 *
 * <p>writes z, then y, as little-endian int32.
 */
public final class Symbols {
  final int[] z;
  final int[] y;

  private Symbols(int[] z, int[] y) {
    this.z = z;
    this.y = y;
  }

  public static void main(String[] args) throws IOException {
    Map<String, NpyArray> photo = Npz.read(Files.readAllBytes(Paths.get(args[1])));
    byte[] data = Files.readAllBytes(Paths.get(args[0]));
    Container file = Container.unpack(data, Container.MAX_PIXELS);
    Symbols found = of(file, photo, Tables.of(photo));
    Path output = Paths.get(args[2]);
    Files.write(output, Data.concat(little(found.z), little(found.y)));
  }

  /** Decodes with the tables and the prediction of a golden photo. */
  static Symbols of(Container file, Map<String, NpyArray> photo, Tables tables)
      throws FormatException {
    byte[] stream = file.sections.get(Container.STREAM);
    byte[] escapes = file.sections.getOrDefault(Container.ESCAPES, new byte[0]);
    LaneDecoder decoder = new LaneDecoder(stream, escapes, file.header.lanes(), tables);
    int[] z = new int[photo.get("z").values.length];
    int[] zRows = new int[z.length];
    int channels = photo.get("z").shape[2];
    for (int i = 0; i < z.length; i++) {
      zRows[i] = tables.rows - channels + i % channels;
    }
    int[] rows = photo.get("index").values;
    int[] y = new int[rows.length];
    decoder.pop(zRows, 0, z.length, z, 0);
    decoder.startGroup();
    decoder.pop(rows, 0, rows.length, y, 0);
    decoder.finish();
    return new Symbols(z, y);
  }

  static byte[] little(int[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }
}
