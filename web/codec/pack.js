/** Header and sections -> the bytes of a .tfcv file. */

/** @import { Header, Sections } from "./layout.js" */

import { crc32 } from "./crc32.js";
import { FormatError } from "./errors.js";
import {
  CHECKED,
  CRITICAL,
  END,
  MAGIC,
  VERSION,
  checkHeader,
  checkStream,
  isKnown,
} from "./layout.js";
import { varint } from "./varint.js";

/**
 * Writes a file; the same values always give the same bytes.
 * Throws FormatError: a value or a tag does not fit, or "S" is missing.
 *
 * @param {Header} header
 * @param {Sections} sections
 */
export function pack(header, sections) {
  checkHeader(header);
  checkStream(sections);
  const head = packHeader(header);
  const sorted = [...sections].sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = sorted.flatMap(([tag, payload]) => packSection(tag, payload));
  const body = concatenate([...parts, [END]]);
  const headCrc = crc32(head);
  // The header's own CRC is left out: over a message followed by its CRC, a CRC is a
  // constant and would bind nothing.
  return concatenate([head, u32(headCrc), body, u32(crc32(body, headCrc))]);
}

/** @param {Header} header */
function packHeader(header) {
  const head = new Uint8Array(CHECKED);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  head[4] = VERSION;
  head[5] = header.flags ?? 0;
  for (let i = 0; i < 8; i++) {
    head[6 + i] = parseInt(header.modelId.slice(2 * i, 2 * i + 2), 16);
  }
  view.setUint32(14, header.height, true);
  view.setUint32(18, header.width, true);
  view.setUint16(22, header.qualityQ8, true);
  head[24] = header.lanesLog2;
  return head;
}

/**
 * @param {string} tag
 * @param {Uint8Array} payload
 */
function packSection(tag, payload) {
  if (!isKnown(tag)) {
    throw new FormatError(
      "section-unknown",
      `cannot write section ${JSON.stringify(tag)}; expected one of ` +
        `${CRITICAL.join(", ")} or one letter from a to z`,
    );
  }
  return [[tag.charCodeAt(0)], varint(payload.length), payload];
}

/** @param {ArrayLike<number>[]} parts */
function concatenate(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {number} value */
function u32(value) {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}
