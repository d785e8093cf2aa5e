/** What can go wrong, by who has to do something about it. */

/**
 * What can be wrong with a file, in the order of the checks; FORMAT.md has the list.
 *
 * @typedef {typeof FAULTS[number]} Fault
 */
export const FAULTS = Object.freeze(
  /** @type {const} */ ([
    "empty", // no bytes at all
    "magic", // not a .tfcv file
    "version", // another format version
    "truncated", // header, section, length or end mark are cut off
    "header-crc",
    "header-value", // out of range; a writer's value that does not fit, too
    "flags", // one that this version does not know
    "too-large", // more pixels or latents than are accepted here
    "section-length", // not a shortest LEB128 number of at most 5 bytes
    "section-twice", // a tag occurs twice
    "payload-crc",
    "trailing", // bytes after the end
    "section-unknown", // a critical tag that this version does not know
    "section-missing", // no stream
    "model", // another model is needed
    "stream", // the entropy-coded content is damaged
  ]),
);

/** These bytes are not a valid .tfcv file, or these values do not fit in one. */
export class FormatError extends Error {
  name = "FormatError";

  /**
   * @param {Fault} fault
   * @param {string} message for people
   */
  constructor(fault, message) {
    super(message);
    this.fault = fault;
  }
}

/** Tables, values or bytes that do not fit the entropy coder. */
export class CodingError extends Error {
  name = "CodingError";
}

/** A model that is not there, not complete, or not the one that a file needs. */
export class ModelError extends Error {
  name = "ModelError";
  fault = /** @type {Fault} */ ("model"); // a file's: another model is needed
}
