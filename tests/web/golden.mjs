/** The golden files, and what several tests do with them. */

import { readFileSync, readdirSync } from "node:fs";

import { crc32 } from "../../web/codec/crc32.js";
import { readNpz } from "../../web/codec/npz.js";
import { Plan, walk } from "../../web/codec/passes.js";
import { Decoder } from "../../web/codec/rans.js";
import { Tables } from "../../web/codec/tables.js";

export const ROOT = new URL("../../", import.meta.url);

/** Bytes of a file of the repository. */
export function read(path) {
  return new Uint8Array(readFileSync(new URL(path, ROOT)));
}

/** tests/golden/rans_v1.json: {tables, cases}, each case with typed arrays. */
export function ransGolden() {
  const { tables, cases } = JSON.parse(
    readFileSync(new URL("tests/golden/rans_v1.json", ROOT)),
  );
  const int32 = (list) => Int32Array.from(list.flat());
  const skip = Uint8Array.from(tables.skip);
  return {
    tables: new Tables(
      tables.precision,
      int32(tables.low),
      int32(tables.size),
      int32(tables.frequencies),
      skip,
    ),
    cases: cases.map(({ lanes, groups, stream, escapes }) => ({
      lanes,
      groups: groups.map(({ values, rows }) => ({
        values: Int16Array.from(values),
        index: Int16Array.from(rows),
      })),
      stream: Uint8Array.from(Buffer.from(stream, "hex")),
      escapes: Uint8Array.from(Buffer.from(escapes, "hex")),
    })),
  };
}

const FOLDER = "tests/golden/photos/"; // of tests/golden/make.py

/** The names of the golden photos. */
export const PHOTOS = readdirSync(new URL(FOLDER, ROOT))
  .filter((file) => file.endsWith(".tfcv"))
  .map((file) => file.slice(0, -5));

/** A golden photo: {file, tables, planes: {z, y, mean, index}}. */
export async function photoGolden(name) {
  const arrays = await readNpz(read(`${FOLDER}${name}.npz`));
  const planes = {};
  for (const name of ["z", "y", "mean", "index"]) {
    const { data, shape } = arrays[name];
    const [height, width, channels] = shape;
    planes[name] = { height, width, channels, data: Int16Array.from(data) };
  }
  const file = read(`${FOLDER}${name}.tfcv`);
  return { file, tables: Tables.fromArrays(arrays), planes };
}

/**
 * The entropy coder alone: z and y, int16, of what `unpack` returned, as the tables and
 * the prediction of a golden photo decode them. Throws CodingError.
 */
export async function valuesOf({ header, sections }, { tables, planes }) {
  const plan = new Plan({ z_rows: tables.rows - planes.z.channels });
  const escapes = sections.get("E") ?? new Uint8Array();
  const lanes = 1 << header.lanesLog2;
  const decoder = new Decoder(sections.get("S"), escapes, lanes, tables);
  const { z, y } = await walk(plan, planes.z, {
    z: (index) => decoder.pop(index),
    predict: () => planes,
    y: (mean, index) => ({ data: decoder.pop(index.data) }),
  });
  decoder.finish();
  return [z.data, y.data];
}

/** A generator of integers below `limit`, the same in every run. */
export function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** The same file with correct checksums over whatever it now has. */
export function withChecksums(file) {
  const bytes = file.slice();
  const view = new DataView(bytes.buffer);
  const head = crc32(bytes.subarray(0, 25));
  view.setUint32(25, head, true);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(29, -4), head), true);
  return bytes;
}
