package tfcvae;

import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** Header and sections to bytes. */
final class Packer {
  private Packer() {}

  static byte[] pack(Header header, Map<Character, byte[]> sections) throws FormatException {
    if (!sections.containsKey(Container.STREAM)) {
      throw new FormatException(
          Fault.SECTION_MISSING, "section 'S' is missing; every file needs one");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] head = head(header);
    CRC32 crc = new CRC32();
    crc.update(head);
    write(out, head);
    write(out, crc.getValue(), Container.CRC_SIZE);
    byte[] body = body(sections);
    crc.update(body); // the header's CRC goes on over the sections
    write(out, body);
    write(out, crc.getValue(), Container.CRC_SIZE);
    return out.toByteArray();
  }

  private static byte[] head(Header header) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(out, Container.MAGIC);
    out.write(Container.VERSION);
    out.write(header.flags);
    for (int i = 0; i < 16; i += 2) {
      out.write(Integer.parseInt(header.modelId.substring(i, i + 2), 16));
    }
    write(out, header.height, 4);
    write(out, header.width, 4);
    write(out, header.qualityQ8, 2);
    out.write(header.lanesLog2);
    return out.toByteArray();
  }

  private static byte[] body(Map<Character, byte[]> sections) throws FormatException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Map.Entry<Character, byte[]> section : new TreeMap<>(sections).entrySet()) {
      char tag = section.getKey();
      if (!Container.isCritical(tag) && !Container.isAncillary(tag)) {
        throw new FormatException(
            Fault.SECTION_UNKNOWN,
            "cannot write section '" + tag + "'; expected S, E or one letter from a to z");
      }
      out.write(tag);
      writeLength(out, section.getValue().length);
      write(out, section.getValue());
    }
    out.write(Container.END);
    return out.toByteArray();
  }

  /** LEB128: seven bits a byte, the lowest first; the top bit says that more follow. */
  static void writeLength(ByteArrayOutputStream out, long length) {
    while (length >= 128) {
      out.write((int) (length & 127 | 128));
      length >>= 7;
    }
    out.write((int) length);
  }

  private static void write(ByteArrayOutputStream out, byte[] bytes) {
    out.write(bytes, 0, bytes.length); // this overload declares no IOException
  }

  private static void write(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >> 8 * i));
    }
  }
}
