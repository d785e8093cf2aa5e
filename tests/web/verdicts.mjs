/**
 * Says what the JavaScript reader makes of files, one line each:
 *
 *   node verdicts.mjs PHOTO FILE...
 *
 * PHOTO is the name of a golden photo; tests/golden/mutations.py defines the lines.
 */

import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { unpack } from "../../web/codec/unpack.js";
import { crc32 } from "../../web/codec/crc32.js";
import { CodingError, FormatError } from "../../web/codec/errors.js";
import { photoGolden, valuesOf } from "./golden.mjs";

const [name, ...paths] = process.argv.slice(2);
const photo = await photoGolden(name);

for (const path of paths) {
  console.log(basename(path), await verdict(new Uint8Array(readFileSync(path))));
}

async function verdict(file) {
  try {
    const whole = unpack(file);
    const { modelId, height, width, qualityQ8, lanesLog2 } = whole.header;
    const list = [...whole.sections].map(([tag, payload]) => `${tag}:${crc(payload)}`);
    const lanes = 1 << lanesLog2;
    const said = [modelId, `${height}x${width}`, qualityQ8, lanes, ...list];
    return `${said.join(",")} ${await values(whole)}`;
  } catch (error) {
    if (error instanceof FormatError) return `${error.fault} ${error.fault}`;
    throw error;
  }
}

async function values(whole) {
  try {
    const found = await valuesOf(whole, photo);
    const planes = found.map((plane) => Int32Array.from(plane));
    return planes.map(({ buffer }) => crc(new Uint8Array(buffer))).join(",");
  } catch (error) {
    if (error instanceof CodingError) return "stream";
    throw error;
  }
}

function crc(bytes) {
  return crc32(bytes).toString(16).padStart(8, "0");
}
