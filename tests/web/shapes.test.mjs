import assert from "node:assert/strict";
import { test } from "node:test";

import { ModelError } from "../../web/codec/errors.js";
import { fixShapes } from "../../web/litert/shapes.js";
import { read } from "./golden.mjs";

const json = (path) => JSON.parse(new TextDecoder().decode(read(path)));
const { channels } = json("saved_models/vr/manifest.json");
const { signatures } = json("saved_models/vr/tflite/hyper_decoder_fp16.json");
const FILE = read("saved_models/vr/tflite/hyper_decoder_fp16.tflite");
const PREDICT = {
  z: [1, 5, 7, channels.z],
  quality: [1],
  mean: [1, 20, 28, channels.y],
  index: [1, 20, 28, channels.y],
};

/** The places where two files differ, as 32-bit numbers before and after. */
function changes(before, after) {
  const found = [];
  const [old, now] = [before, after].map((bytes) => new DataView(bytes.buffer));
  for (let at = 0; at + 4 <= before.length; at += 4) {
    const pair = [old.getInt32(at, true), now.getInt32(at, true)];
    if (pair[0] !== pair[1]) found.push(pair);
  }
  return found;
}

test("the shapes, the list of signatures and nothing else change", () => {
  const before = FILE.slice();
  const fixed = fixShapes(FILE, "predict", PREDICT);
  assert.deepEqual(FILE, before);
  assert.equal(fixed.length, FILE.length);
  const found = changes(FILE, fixed);
  const wanted = Object.values(PREDICT).flat();
  for (const size of [5, 7, 20, 28]) {
    assert.ok(
      found.some(([old, now]) => old === -1 && now === size),
      `-1 to ${size}`,
    );
  }
  // Two lists of each tensor's dimensions, the count of signatures, one offset, and the
  // counts of operations of the other signatures.
  const others = Object.keys(signatures).length - 1;
  assert.ok(others > 0 && found.length <= 2 * wanted.length + 2 + others);
  assert.equal(found.filter(([, now]) => now === 0).length, others);
});

test("a file fixed once cannot be fixed otherwise", () => {
  const fixed = fixShapes(FILE, "predict", PREDICT);
  fixShapes(fixed, "predict", PREDICT);
  const other = { ...PREDICT, z: [1, 6, 7, channels.z] };
  assert.throws(() => fixShapes(fixed, "predict", other), /dimension 1 of z is 5/);
  assert.throws(() => fixShapes(fixed, "synthesise", {}), /no signature synthesise/);
});

test("a signature of a fixed tile keeps its shapes", () => {
  const [plane, tile] = [channels.y, signatures.predict_256.inputs.z.shape[1]];
  const shapes = {
    z: [1, tile, tile, channels.z],
    quality: [1],
    mean: [1, 4 * tile, 4 * tile, plane],
    index: [1, 4 * tile, 4 * tile, plane],
  };
  fixShapes(FILE, "predict_256", shapes);
  const other = { ...shapes, z: [1, tile + 1, tile, channels.z] };
  const message = new RegExp(`dimension 1 of z is ${tile}`);
  assert.throws(() => fixShapes(FILE, "predict_256", other), message);
});

test("shapes that do not match the file are refused", () => {
  const wrong = {
    "another number of channels": { z: [1, 5, 7, channels.z + 1] },
    "too few dimensions": { z: [5, 7, channels.z] },
    "a missing output": { mean: undefined },
  };
  for (const [name, change] of Object.entries(wrong)) {
    const shapes = { ...PREDICT, ...change };
    assert.throws(() => fixShapes(FILE, "predict", shapes), ModelError, name);
  }
  assert.throws(
    () => fixShapes(FILE, "analyse", PREDICT),
    /no signature analyse among/,
  );
});

test("what is not a .tflite file is refused", () => {
  for (const bytes of [
    new Uint8Array(),
    new Uint8Array(64).fill(255),
    FILE.slice(0, 900),
  ]) {
    assert.throws(() => fixShapes(bytes, "predict", PREDICT), ModelError);
  }
});
