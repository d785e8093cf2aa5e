package tfcvae;

/**
 * What is wrong with a file: the closed list that all readers share, in the order of the checks.
 *
 * <p>The messages are each reader's own; the ids are not.
 */
public enum Fault {
  /** No bytes at all. */
  EMPTY("empty"),
  /** Not a .tfcv file. */
  MAGIC("magic"),
  /** Another version of the format. */
  VERSION("version"),
  /** The file ends too early. */
  TRUNCATED("truncated"),
  /** The header's checksum. */
  HEADER_CRC("header-crc"),
  /** A field of the header is out of range; so is a writer's value that does not fit. */
  HEADER_VALUE("header-value"),
  /** A flag that this version does not know. */
  FLAGS("flags"),
  /** More pixels or latents than this reader accepts. */
  TOO_LARGE("too-large"),
  /** A section's length is not a shortest LEB128 number of at most 5 bytes. */
  SECTION_LENGTH("section-length"),
  /** A section occurs twice. */
  SECTION_TWICE("section-twice"),
  /** The checksum of the sections. */
  PAYLOAD_CRC("payload-crc"),
  /** Bytes after the end. */
  TRAILING("trailing"),
  /** A critical section that this version does not know, or a tag that may not be written. */
  SECTION_UNKNOWN("section-unknown"),
  /** No section of rANS states and words. */
  SECTION_MISSING("section-missing"),
  /** Another model is needed; or this one's own files are damaged, or for a newer reader. */
  MODEL("model"),
  /** The entropy-coded content is damaged. */
  STREAM("stream");

  /** The name in every language, as FORMAT.md has it. */
  public final String id;

  Fault(String id) {
    this.id = id;
  }
}
