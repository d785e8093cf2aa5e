import assert from "node:assert/strict";
import { test } from "node:test";

import { spans } from "../../web/codec/chunks.js";
import { Codec } from "../../web/codec/codec.js";
import { ModelError } from "../../web/codec/errors.js";
import { pack } from "../../web/codec/pack.js";
import { unpack } from "../../web/codec/unpack.js";
import { PHOTOS, generator, photoGolden } from "./golden.mjs";
import {
  SmallNetworks,
  manifest as smallManifest,
  tables as smallTables,
} from "./small.mjs";

/** Gives back what the real networks gave for a golden photo. */
class Replay {
  constructor(planes) {
    this.planes = planes;
  }
  async analyse() {
    const { height, width, channels, data } = this.planes.y;
    return { height, width, channels, data: new Float32Array(data.length) };
  }
  async hyperAnalyse() {
    return this.planes.z;
  }
  async predict(z) {
    assert.deepEqual(z, this.planes.z);
    return [this.planes.mean, this.planes.index];
  }
  async quantise() {
    return this.planes.y;
  }
}

function replayed({ file, tables, planes }, options) {
  const manifest = {
    name: "golden",
    model_id: unpack(file).header.modelId,
    channels: { y: planes.y.channels, z: planes.z.channels },
    z_rows: tables.rows - planes.z.channels,
    halo: { analysis: 5, synthesis: 6, hyper_analysis: 0, hyper_synthesis: 2 },
  };
  return new Codec(manifest, tables, new Replay(planes), options);
}

// Real files

for (const name of PHOTOS) {
  test(`${name}: the golden photo decodes to its values`, async () => {
    const photo = await photoGolden(name);
    const { header, sections } = unpack(photo.file);
    const coded = await replayed(photo).decode(header, sections);
    for (const plane of ["z", "y", "mean", "index"]) {
      assert.deepEqual(coded[plane].data, photo.planes[plane].data, plane);
    }
  });

  test(`${name}: the golden photo's values encode to its bytes`, async () => {
    const photo = await photoGolden(name);
    const { height, width, qualityQ8 } = unpack(photo.file).header;
    const data = new Uint8Array(height * width * 3);
    const image = { height, width, channels: 3, data };
    const file = await replayed(photo).compress(image, qualityQ8 / 256);
    assert.deepEqual(file, photo.file);
  });
}

const photo = await photoGolden("kitten");
const { file } = photo;
const { header } = unpack(file);
const golden = replayed(photo);

test("a damaged stream with right checksums has a fault of its own", async () => {
  const { sections } = unpack(file);
  const random = generator(5);
  for (let i = 0; i < 50; i++) {
    const stream = sections.get("S").slice();
    stream[random(stream.length)] ^= 1 << random(8);
    const damaged = pack(header, new Map([...sections, ["S", stream]]));
    const again = unpack(damaged);
    // A swap of values of equal frequency would go unnoticed; none of these is one.
    // Where z is damaged, the replay's own check may speak first.
    await assert.rejects(golden.decode(again.header, again.sections), (error) => {
      assert.ok(error.fault === "stream" || error.code === "ERR_ASSERTION", error);
      return true;
    });
  }
});

test("a file of another model is refused by name", async () => {
  const other = pack({ ...header, modelId: "00".repeat(8) }, unpack(file).sections);
  await assert.rejects(golden.decompress(other), (error) => {
    assert.ok(error instanceof ModelError && error.fault === "model");
    assert.match(error.message, /needs model 0{16}; golden is/);
    return true;
  });
});

test("the number of pixels is bounded in both directions", async () => {
  const small = replayed(photo, { maxPixels: 1000 });
  await assert.rejects(small.decompress(file), { fault: "too-large" });
  const image = { height: 40, width: 40, channels: 3, data: new Uint8Array(4800) };
  await assert.rejects(small.compress(image, 50), { fault: "too-large" });
});

test("a strip is bounded by its latents, before any work", async () => {
  const work = () => assert.fail("a network was asked");
  const networks = { analyse: work, predict: work };
  const maxPixels = 16 * 1600; // of the latents that a strip of 1 x 1600 takes
  const codec = new Codec(smallManifest, smallTables, networks, { maxPixels });
  const { sections } = unpack(file);
  const modelId = smallManifest.model_id;
  for (const [height, width, expected] of [
    [1, 1601, { fault: "too-large" }],
    [1601, 1, { fault: "too-large" }],
    [1, 1600, { message: "a network was asked" }],
  ]) {
    const strip = pack({ ...header, modelId, height, width }, sections);
    await assert.rejects(codec.decompress(strip), expected);
    const image = { height, width, channels: 3, data: new Uint8Array() };
    await assert.rejects(codec.compress(image, 50), expected);
  }
});

// Networks that see as far as they claim, and no further

for (const [height, width] of [
  [1, 1],
  [16, 16],
  [17, 250],
  [331, 90],
  [470, 475],
]) {
  test(`${height} x ${width}: chunks change no byte and no pixel`, async () => {
    const random = generator(height);
    const data = Uint8Array.from({ length: height * width * 3 }, () => random(256));
    const image = { height, width, channels: 3, data };
    const networks = new SmallNetworks();
    const whole = new Codec(smallManifest, smallTables, networks);
    const parts = new Codec(smallManifest, smallTables, networks, { size: 8 });
    const bytes = await whole.compress(image, 40);
    assert.deepEqual(await parts.compress(image, 40), bytes);
    const decoded = await whole.decompress(bytes);
    assert.deepEqual(await parts.decompress(bytes), decoded);
    const expected = await networks.reconstruct(image, 40);
    assert.deepEqual(decoded.image, expected);
  });
}

test("windows cover everything once, see their margin and have one size", () => {
  for (let length = 1; length < 70; length++) {
    for (const halo of [0, 2, 5]) {
      const found = spans(length, 8, halo);
      let covered = 0;
      for (const { window, inner, target } of found) {
        assert.equal(target[0], covered);
        covered = target[1];
        assert.equal(window[0] + inner[0], target[0]);
        assert.equal(inner[1] - inner[0], target[1] - target[0]);
        assert.ok(window[0] <= Math.max(target[0] - halo, 0));
        assert.ok(window[1] >= Math.min(target[1] + halo, length));
        assert.equal(window[1] - window[0], found[0].window[1] - found[0].window[0]);
      }
      assert.equal(covered, length);
    }
  }
});

test("progress goes from 0 to 1 in every stage", async () => {
  const seen = new Map();
  const report = (stage, share) => seen.set(stage, [...(seen.get(stage) ?? []), share]);
  const options = { size: 8, report };
  const codec = new Codec(smallManifest, smallTables, new SmallNetworks(), options);
  const image = { height: 300, width: 300, channels: 3, data: new Uint8Array(270000) };
  await codec.decompress(await codec.compress(image, 50));
  assert.deepEqual([...seen.keys()], ["Analysing", "Coding", "Reconstructing"]);
  const analysing = seen.get("Analysing");
  assert.deepEqual([analysing.length, analysing[0], analysing.at(-1)], [10, 0, 1]);
});
