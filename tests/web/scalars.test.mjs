import assert from "node:assert/strict";
import { test } from "node:test";

import { spans } from "../../web/codec/chunks.js";
import { yShape, zShape } from "../../web/codec/geometry.js";
import { qualityQ8 } from "../../web/codec/layout.js";
import { chooseLanes } from "../../web/codec/rans.js";
import { readVarint, varint } from "../../web/codec/varint.js";
import { read } from "./golden.mjs";

const CASES = JSON.parse(new TextDecoder().decode(read("tests/golden/scalars.json")));
const RULES = {
  quality_q8: (quality) => qualityQ8(number(quality)),
  choose_lanes: chooseLanes,
  varint: (value) => Buffer.from(varint(value)).toString("hex"),
  read_varint: (hex) => readVarint(Uint8Array.from(Buffer.from(hex, "hex")), 0).value,
  y_shape: (height, width) => sides(yShape({ height, width })),
  z_shape: (height, width) => sides(zShape({ height, width })),
  spans: (...range) => spans(...range).map((s) => [...s.window, ...s.target]),
};
const NOT_HERE = ["index_shift"]; // inside the networks' files

for (const name of new Set(CASES.map(({ f }) => f))) {
  if (NOT_HERE.includes(name)) continue;
  test(`${name} is the rule of every language`, () => {
    for (const { f, in: given, out } of CASES) {
      if (f === name) check(RULES[name], given, out);
    }
  });
}

function check(rule, given, out) {
  const work = () => rule(...given);
  if (out.fault) assert.throws(work, { name: "FormatError", ...out });
  else assert.deepEqual(work(), out, JSON.stringify(given));
}

/** JSON has no number for these two. */
function number(value) {
  return { nan: NaN, inf: Infinity }[value] ?? value;
}

function sides({ height, width }) {
  return [height, width];
}
