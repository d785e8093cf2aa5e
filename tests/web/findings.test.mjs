import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { Codec } from "../../web/codec/codec.js";
import { FAULTS } from "../../web/codec/errors.js";
import { unpack } from "../../web/codec/unpack.js";
import { ROOT, photoGolden, read } from "./golden.mjs";

const FOLDER = "tests/findings/";
const FILES = readdirSync(new URL(FOLDER, ROOT)).filter((name) => name.endsWith(".tfcv"));
const { file, tables, planes } = await photoGolden("kitten"); // of tests/findings/make.py
const manifest = {
  name: "golden",
  model_id: unpack(file).header.modelId,
  channels: { y: planes.y.channels, z: planes.z.channels },
  z_rows: tables.rows - planes.z.channels,
  halo: { synthesis: 2, hyper_synthesis: 2 },
};

/** Networks that predict what those of the golden photo did, whatever z is. */
const codec = new Codec(manifest, tables, {
  predict: async (z) => [padded(planes.mean, z), padded(planes.index, z)],
  synthesise: async ({ height, width }) => {
    const data = new Uint8Array(3 * 256 * height * width);
    return { height: 16 * height, width: 16 * width, channels: 3, data };
  },
});

/** A plane as large as four times z, zeros behind what it has. */
function padded({ height, width, channels, data }, z) {
  const row = 4 * z.width * channels;
  const whole = new Int32Array(4 * z.height * row);
  for (let i = 0; i < height; i++) {
    const from = i * width * channels;
    whole.set(data.subarray(from, from + width * channels), i * row);
  }
  return { height: 4 * z.height, width: 4 * z.width, channels, data: whole };
}

test("the photo that the findings are made of is read", async () => {
  const { image } = await codec.decompress(file);
  assert.deepEqual([image.height, image.width], [83, 101]);
});

test("there is a finding for every fault", () => {
  const missing = FAULTS.filter(
    (fault) => !FILES.some((name) => name.startsWith(`${fault}-`)),
  );
  assert.deepEqual(missing, []);
});

for (const name of FILES) {
  test(`${name} is refused for the fault in its name`, async () => {
    await assert.rejects(codec.decompress(read(FOLDER + name)), ({ fault, stack }) => {
      assert.ok(name.startsWith(`${fault}-`), stack);
      return true;
    });
  });
}
