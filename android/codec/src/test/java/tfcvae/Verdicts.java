package tfcvae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Says what this reader makes of many files, so that another one can be compared with it:
 *
 * <p>java tfcvae.Verdicts FOLDER PHOTO.npz
 *
 * <p>One line for each .tfcv file of the folder, in the order of their names; {@code
 * tests/golden/mutations.py} defines it.
 */
public final class Verdicts {
  private static final long MAX_PIXELS = Container.MAX_PIXELS;

  private Verdicts() {}

  public static void main(String[] args) throws IOException {
    Map<String, NpyArray> photo = Npz.read(Files.readAllBytes(Paths.get(args[1])));
    Tables tables = Tables.of(photo);
    List<Path> files;
    try (Stream<Path> all = Files.list(Paths.get(args[0]))) {
      files = all.filter(path -> path.toString().endsWith(".tfcv")).collect(Collectors.toList());
    }
    Collections.sort(files);
    for (Path path : files) {
      byte[] data = Files.readAllBytes(path);
      System.out.println(
          path.getFileName() + " " + container(data) + " " + symbols(data, photo, tables));
    }
  }

  private static String container(byte[] data) {
    try {
      Container file = Container.unpack(data, MAX_PIXELS);
      Header header = file.header;
      List<String> sections = new ArrayList<>();
      file.sections.forEach((tag, payload) -> sections.add(tag + ":" + crc(payload)));
      return String.join(
          ",",
          header.modelId,
          header.height + "x" + header.width,
          header.qualityQ8 + "",
          header.lanes() + "",
          String.join(",", sections));
    } catch (FormatException error) {
      return "refused";
    }
  }

  private static String symbols(byte[] data, Map<String, NpyArray> photo, Tables tables) {
    try {
      Container file = Container.unpack(data, MAX_PIXELS);
      Symbols found = Symbols.of(file, photo, tables);
      return crc(Symbols.little(found.z)) + "," + crc(Symbols.little(found.y));
    } catch (FormatException error) {
      return "refused";
    }
  }

  private static String crc(byte[] data) {
    CRC32 crc = new CRC32();
    crc.update(data);
    return String.format("%08x", crc.getValue());
  }
}
