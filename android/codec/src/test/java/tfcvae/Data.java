package tfcvae;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the tests read, and small things that they build it from. */
final class Data {
  /** The root of the checkout; set by {@link RunTests}. */
  static Path repository;

  static final String MANIFEST =
      "{\"name\": \"golden\", \"model_id\": \"%s\", \"channels\": {\"y\": %d, \"z\": %d},"
          + " \"z_rows\": %d, \"halo\": {\"analysis\": 2, \"synthesis\": %d%s}}";

  private static final String PHOTOS = "tests/golden/photos/"; // of tests/golden/make.py
  private static final String ONE = "spices"; // for tests that one photo is enough for

  private Data() {}

  static byte[] read(String path) throws IOException {
    return Files.readAllBytes(repository.resolve(path));
  }

  /** The names of the golden photos. */
  static List<String> photos() throws IOException {
    try (Stream<Path> files = Files.list(repository.resolve(PHOTOS))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".tfcv"))
          .map(file -> file.substring(0, file.length() - 5))
          .sorted()
          .collect(Collectors.toList());
    }
  }

  /** The tables of the model that coded a golden photo, all its integers, and its pixels. */
  static Map<String, NpyArray> photo(String name) throws IOException {
    return Npz.read(read(PHOTOS + name + ".npz"));
  }

  static byte[] photoFile(String name) throws IOException {
    return read(PHOTOS + name + ".tfcv");
  }

  static Map<String, NpyArray> photo() throws IOException {
    return photo(ONE);
  }

  static byte[] photoFile() throws IOException {
    return photoFile(ONE);
  }

  /** The tables of the golden photos' model, as they are in a model's folder. */
  static byte[] photoTables() throws IOException {
    return read(PHOTOS + ONE + ".npz");
  }

  /** The model of the golden photos; {@code prediction} is the halo of the prediction, if any. */
  static Model photoModel(int synthesisHalo, Integer prediction) throws IOException {
    String id = Container.readHeader(photoFile(), Container.MAX_PIXELS).modelId;
    String more = prediction == null ? "" : ", \"hyper_synthesis\": " + prediction;
    String manifest = String.format(MANIFEST, id, 384, 96, 64, synthesisHalo, more);
    return Model.read(utf8(manifest), photoTables());
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] bytes(String hex) {
    String digits = hex.replace(" ", "");
    byte[] bytes = new byte[digits.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(digits.substring(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      whole.write(part, 0, part.length);
    }
    return whole.toByteArray();
  }

  /** Copies bytes with one of them replaced. */
  static byte[] with(byte[] data, int at, int value) {
    byte[] copy = data.clone();
    copy[at] = (byte) value;
    return copy;
  }

  static Map<Character, byte[]> sections(Object... tagsAndPayloads) {
    Map<Character, byte[]> sections = new HashMap<>();
    for (int i = 0; i < tagsAndPayloads.length; i += 2) {
      sections.put((Character) tagsAndPayloads[i], (byte[]) tagsAndPayloads[i + 1]);
    }
    return sections;
  }
}
