/**
 * A section's length, LEB128: seven bits a byte, the lowest first; the top bit says
 * "more follow". The shortest form, of at most 5 bytes, is the only one.
 */

import { FormatError } from "./errors.js";

const MAX_BYTES = 5;

/**
 * A number below 2^32 -> its bytes, a list. Throws FormatError: it is larger.
 *
 * @param {number} value
 */
export function varint(value) {
  if (value >= 2 ** 32) {
    throw new FormatError(
      "section-length",
      `a section of ${value} bytes; expected less than 2^32`,
    );
  }
  const out = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}

/**
 * The number at a position -> {value, next}, next the position behind it.
 * Throws FormatError: the bytes end too early, or the form is not the shortest.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 */
export function readVarint(bytes, at) {
  let value = 0;
  for (let count = 0; count < MAX_BYTES; count++) {
    if (at + count >= bytes.length) {
      throw new FormatError(
        "truncated",
        `truncated: the file ends after ${bytes.length} bytes, inside a section's ` +
          "length; copy the file again",
      );
    }
    const byte = bytes[at + count];
    value += (byte & 127) * 2 ** (7 * count); // up to 35 bits: not `<<`
    if (byte < 128) {
      if (count && !byte) break;
      return { value, next: at + count + 1 };
    }
  }
  throw new FormatError(
    "section-length",
    `a section's length is not a shortest LEB128 number of at most ${MAX_BYTES} ` +
      "bytes: the file is damaged",
  );
}
