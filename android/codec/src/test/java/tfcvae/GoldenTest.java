package tfcvae;

import static tfcvae.Geometry.LATENT;
import static tfcvae.Geometry.Z;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The golden streams and the golden photos: read to the last symbol, written to the last bit. */
final class GoldenTest {
  private GoldenTest() {}

  private static Map<?, ?> json() throws Exception {
    return (Map<?, ?>) Json.read(Data.read("tests/golden/rans_v1.json"));
  }

  private static int[] ints(Object list) {
    return ((List<?>) list).stream().mapToInt(v -> ((Double) v).intValue()).toArray();
  }

  /** The tables of the JSON, on the way that a model's tables take. */
  private static Tables tables(Map<?, ?> json) throws Exception {
    List<?> frequencies = (List<?>) json.get("frequencies");
    List<byte[]> flat = new ArrayList<>();
    for (Object row : frequencies) {
      flat.add(Symbols.little(ints(row)));
    }
    List<?> skip = (List<?>) json.get("skip");
    byte[] skipped = new byte[skip.size()];
    for (int i = 0; i < skipped.length; i++) {
      skipped[i] = (byte) ((Boolean) skip.get(i) ? 1 : 0);
    }
    int rows = skipped.length;
    int width = ((List<?>) frequencies.get(0)).size();
    byte[] precision = Symbols.little(new int[] {((Double) json.get("precision")).intValue()});
    Map<String, byte[]> entries = new HashMap<>();
    entries.put("precision.npy", TablesTest.npy("<i4", "()", precision));
    String line = "(" + rows + ",)";
    entries.put("low.npy", TablesTest.npy("<i4", line, Symbols.little(ints(json.get("low")))));
    entries.put("size.npy", TablesTest.npy("<i4", line, Symbols.little(ints(json.get("size")))));
    entries.put("skip.npy", TablesTest.npy("|b1", line, skipped));
    String plane = "(" + rows + ", " + width + ")";
    byte[] values = Data.concat(flat.toArray(new byte[0][]));
    entries.put("frequencies.npy", TablesTest.npy("<i4", plane, values));
    return Tables.read(TablesTest.zip(entries));
  }

  static void testGoldenStreamsAreReadAndWrittenToTheBit() throws Exception {
    Tables tables = tables((Map<?, ?>) json().get("tables"));
    List<?> cases = (List<?>) json().get("cases");
    Check.that(cases.size() >= 4, cases.size() + " cases");
    for (Object item : cases) {
      Map<?, ?> one = (Map<?, ?>) item;
      int lanes = ((Double) one.get("lanes")).intValue();
      byte[] stream = Data.bytes((String) one.get("stream"));
      byte[] escapes = Data.bytes((String) one.get("escapes"));
      LaneDecoder decoder = new LaneDecoder(stream, escapes, lanes, tables);
      LaneEncoder encoder = new LaneEncoder(tables);
      for (Object group : (List<?>) one.get("groups")) {
        int[] index = ints(((Map<?, ?>) group).get("rows"));
        int[] values = ints(((Map<?, ?>) group).get("values"));
        int[] found = new int[index.length];
        decoder.startGroup();
        decoder.pop(index, 0, index.length, found, 0);
        Check.equal(found, values);
        encoder.add(values, index);
      }
      decoder.finish();
      Check.equal(encoder.stream(lanes), stream);
      Check.equal(encoder.escapes(), escapes);
    }
  }

  /** Networks that say of the golden photo what the real ones said. */
  private static Networks real(Map<String, NpyArray> photo, List<int[]> seen) {
    int[] size = photo.get("y").shape;
    return new Replay() {
      @Override
      public float[] analyse(byte[] pixels, int height, int width) {
        Check.equal(height, LATENT * size[0]);
        return new float[size[0] * size[1] * size[2]];
      }

      @Override
      public int[] hyperAnalyse(float[] y, int height, int width, float quality) {
        return photo.get("z").values;
      }

      @Override
      public Prediction predict(int[] z, int height, int width, float quality) {
        Check.equal(z, photo.get("z").values);
        return new Prediction(
            Symbols.padded(photo.get("mean"), Z * height, Z * width),
            Symbols.padded(photo.get("index"), Z * height, Z * width));
      }

      @Override
      public int[] quantise(
          float[] y, int[] mean, int[] index, int height, int width, float quality) {
        Check.equal(mean, photo.get("mean").values);
        Check.equal(index, photo.get("index").values);
        return photo.get("y").values;
      }

      @Override
      public byte[] synthesise(int[] y, int[] mean, int height, int width, float quality) {
        seen.add(y.clone());
        seen.add(mean.clone());
        return new byte[3 * LATENT * height * LATENT * width];
      }
    };
  }

  static void testTheGoldenPhotosAreReadToTheLastSymbol() throws Exception {
    for (String name : Data.photos()) {
      Map<String, NpyArray> photo = Data.photo(name);
      List<int[]> seen = new ArrayList<>();
      Decoder decoder = new Decoder(Data.photoModel(6, null), real(photo, seen));
      Image image = decoder.decode(Data.photoFile(name));
      Check.equal(image.height, photo.get("pixels").shape[0]);
      Check.equal(image.width, photo.get("pixels").shape[1]);
      Check.equal(seen.size(), 2);
      Check.equal(seen.get(0), photo.get("y").values);
      Check.equal(seen.get(1), photo.get("mean").values);
    }
  }

  static void testTheGoldenPhotosAreWrittenToTheLastBit() throws Exception {
    for (String name : Data.photos()) {
      Networks networks = real(Data.photo(name), new ArrayList<>());
      Header header = Container.readHeader(Data.photoFile(name), Container.MAX_PIXELS);
      int height = (int) header.height;
      int width = (int) header.width;
      Image image = new Image(height, width, new byte[3 * height * width]);
      Encoder encoder = new Encoder(Data.photoModel(6, null), networks);
      Check.equal(encoder.encode(image, header.quality()), Data.photoFile(name));
    }
  }

  static void testTheGoldenPhotosHaveEscapesAndSkips() throws Exception {
    int escaped = 0;
    for (String name : Data.photos()) {
      Container file = Container.unpack(Data.photoFile(name), Container.MAX_PIXELS);
      escaped += file.sections.containsKey(Container.ESCAPES) ? 1 : 0;
      Tables tables = Tables.of(Data.photo(name));
      IntStream index = Arrays.stream(Data.photo(name).get("index").values);
      long skipped = index.filter(row -> tables.skip[row]).count();
      Check.that(skipped > 100, skipped + " skipped");
    }
    Check.that(escaped >= 2, escaped + " with escapes");
  }
}
