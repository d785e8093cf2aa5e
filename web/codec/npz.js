/**
 * Reads the .npz files of `numpy.savez` and `numpy.savez_compressed`: integer and bool
 * arrays in C order, as {data, shape} with data an Int32Array (bool: Uint8Array).
 *
 * Only what a model folder needs: no zip64, no encryption, no Fortran order.
 *
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{data: Int32Array | Uint8Array, shape: number[]}} NumPyArray
 * @typedef {Record<string, NumPyArray>} Arrays
 * @typedef {{method: number, crc: number, stored: number, size: number, start: number,
 *   name: string}} Entry of the zip file
 */

import { crc32 } from "./crc32.js";
import { ModelError } from "./errors.js";

const END_SIZE = 22; // of the record that ends a zip file, without its comment
const MAX_COMMENT = 0xffff;
const MAX_ENTRY = 2 ** 26; // bytes: far above any model's tables
const STORED = 0;
const DEFLATED = 8;

/**
 * Bytes of an .npz file -> {name: {data, shape}}.
 * Throws ModelError: not such a file, damaged, or an array of another kind.
 *
 * @param {Bytes} bytes
 */
export async function readNpz(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Arrays} */
  const arrays = {};
  try {
    for (const entry of directory(bytes, view)) {
      const content = await extract(bytes, view, entry);
      arrays[entry.name.replace(/\.npy$/, "")] = readNpy(content, entry.name);
    }
  } catch (error) {
    // RangeError: DataView was asked for something behind the end.
    if (error instanceof RangeError) throw damaged("it ends too early");
    throw error;
  }
  return arrays;
}

/**
 * @param {Bytes} bytes
 * @param {DataView} view
 * @returns {Generator<Entry>}
 */
function* directory(bytes, view) {
  let end = bytes.length - END_SIZE;
  const lowest = Math.max(0, end - MAX_COMMENT);
  while (end >= lowest && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < lowest) throw damaged("it is not a zip file");
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    if (view.getUint32(at, true) !== 0x02014b50)
      throw damaged("its directory is wrong");
    const [name, extra, comment] = [28, 30, 32].map((o) =>
      view.getUint16(at + o, true),
    );
    yield {
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      stored: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      start: view.getUint32(at + 42, true),
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name)),
    };
    at += 46 + name + extra + comment;
  }
}

/**
 * @param {Bytes} bytes
 * @param {DataView} view
 * @param {Entry} entry
 */
async function extract(bytes, view, { name, method, crc, stored, size, start }) {
  if (size > MAX_ENTRY) throw damaged(`${name} claims ${size} bytes`);
  // The local header has a name and an extra field of its own.
  const skipped = view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  const packed = bytes.subarray(start + 30 + skipped, start + 30 + skipped + stored);
  let content = packed;
  if (method === DEFLATED) content = await inflate(packed, size, name);
  else if (method !== STORED) throw damaged(`${name} has compression ${method}`);
  if (content.length !== size || crc32(content) !== crc) {
    throw damaged(`${name} does not match its checksum`);
  }
  return content;
}

/**
 * Never takes more than `size` bytes out of the stream.
 *
 * @param {Bytes} packed
 * @param {number} size
 * @param {string} name
 */
async function inflate(packed, size, name) {
  const content = new Uint8Array(size);
  let at = 0;
  const stream = new Blob([packed]).stream();
  try {
    const inflated = stream.pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = inflated.getReader();
    for (let part; !(part = await reader.read()).done; at += part.value.length) {
      content.set(part.value, at);
    }
  } catch {
    throw damaged(`${name} cannot be inflated`);
  }
  return content.subarray(0, at);
}

/**
 * @param {Bytes} content
 * @param {string} name
 * @returns {NumPyArray}
 */
function readNpy(content, name) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (view.getUint32(0) !== 0x934e554d) throw damaged(`${name} is not an array`);
  const long = view.getUint8(6) > 1; // version 2 has a 32-bit length
  const start = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(content.subarray(start, start + length));
  const found = /'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]*)\)/;
  const [, type, dimensions] = found.exec(header) ?? [];
  const read = READERS[type];
  if (!read) throw damaged(`${name} is no array of integers in C order: ${header}`);
  const shape = dimensions
    .split(",")
    .filter((n) => n.trim())
    .map(Number);
  const count = shape.reduce((product, n) => product * n, 1);
  const width = Number(type.at(-1));
  if (start + length + count * width !== content.length) {
    throw damaged(`${name} has a wrong length`);
  }
  const data = new (type === "|b1" ? Uint8Array : Int32Array)(count);
  for (let i = 0; i < count; i++) {
    data[i] = read(view, start + length + i * width);
  }
  return { data, shape };
}

/** @type {Record<string, (view: DataView, at: number) => number>} */
const READERS = {
  "|b1": (view, at) => view.getUint8(at),
  "|i1": (view, at) => view.getInt8(at),
  "|u1": (view, at) => view.getUint8(at),
  "<i2": (view, at) => view.getInt16(at, true),
  "<u2": (view, at) => view.getUint16(at, true),
  "<i4": (view, at) => view.getInt32(at, true),
  "<i8": (view, at) => {
    const low = view.getInt32(at, true);
    if (view.getInt32(at + 4, true) !== low >> 31) {
      throw damaged("a value does not fit 32 bits");
    }
    return low;
  },
};

/** @param {string} what */
function damaged(what) {
  return new ModelError(`not an npz file that can be read: ${what}; download it again`);
}
