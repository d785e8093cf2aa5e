package tfcvae;

import static tfcvae.Geometry.LATENT;
import static tfcvae.Geometry.Z;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Map;

/**
 * The entropy coder alone, without a network: the values that a file's stream holds for the
 * prediction of a golden photo.
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
    byte[] arrays = Files.readAllBytes(Paths.get(args[1]));
    byte[] data = Files.readAllBytes(Paths.get(args[0]));
    Container file = Container.unpack(data, Container.MAX_PIXELS);
    Symbols found = of(file, Npz.read(arrays), model(arrays));
    Path output = Paths.get(args[2]);
    Files.write(output, Data.concat(little(found.z), little(found.y)));
  }

  /** What a decoder must know of the model that made a golden photo, from the photo's arrays. */
  static Model model(byte[] arrays) throws FormatException {
    Map<String, NpyArray> photo = Npz.read(arrays);
    int latents = photo.get("y").shape[2];
    int hyperLatents = photo.get("z").shape[2];
    int zIndex = photo.get("low").shape[0] - hyperLatents;
    String manifest =
        String.format(Data.MANIFEST, "0123456789abcdef", latents, hyperLatents, zIndex, 0, "");
    return Model.read(Data.utf8(manifest), arrays);
  }

  /** Decodes with the tables and the prediction of a golden photo, whatever z is. */
  static Symbols of(Container file, Map<String, NpyArray> photo, Model model)
      throws FormatException {
    byte[] stream = file.sections.get(Container.STREAM);
    byte[] escapes = file.sections.getOrDefault(Container.ESCAPES, new byte[0]);
    LaneDecoder decoder = new LaneDecoder(stream, escapes, file.header.lanes(), model.tables);
    int[][] seen = new int[1][];
    Networks networks =
        new Replay() {
          @Override
          public Prediction predict(int[] z, int height, int width, float quality) {
            seen[0] = z;
            int[] index = padded(photo.get("index"), Z * height, Z * width);
            return new Prediction(new int[index.length], index);
          }
        };
    int[] shape = photo.get("index").shape;
    int[] y = new int[photo.get("index").values.length];
    new Passes(model, networks, file.header.quality(), LATENT * shape[0], LATENT * shape[1])
        .decode(decoder)
        .next(y, new int[y.length], 0);
    return new Symbols(seen[0], y);
  }

  /** A plane with rows and columns of -1 behind it, which nothing may look at. */
  static int[] padded(NpyArray plane, int height, int width) {
    int channels = plane.shape[2];
    int[] padded = new int[height * width * channels];
    Arrays.fill(padded, -1);
    int row = plane.shape[1] * channels;
    for (int i = 0; i < plane.shape[0]; i++) {
      System.arraycopy(plane.values, i * row, padded, i * width * channels, row);
    }
    return padded;
  }

  static byte[] little(int[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }
}
