import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32 } from "../../web/codec/crc32.js";
import { FormatError } from "../../web/codec/errors.js";
import { HEADER_SIZE, qualityQ8 } from "../../web/codec/layout.js";
import { pack } from "../../web/codec/pack.js";
import { readHeader, unpack } from "../../web/codec/unpack.js";
import { read, withChecksums } from "./golden.mjs";

const GOLDEN = read("tests/golden/container_v1.tfcv");
const HEADER = {
  modelId: "0102030405060708",
  height: 1080,
  width: 1920,
  qualityQ8: 0x3280,
  lanesLog2: 1,
};
const bytes = (text) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const SECTIONS = new Map([
  ["c", bytes("6869")],
  ["S", bytes("45230100 bc9a7856 1122 3344")],
  ["E", bytes("2c01")],
]);

const refuses = (file, message, maxPixels) =>
  assert.throws(
    () => unpack(file, maxPixels),
    (error) => {
      assert.ok(error instanceof FormatError, error.stack);
      assert.match(error.message, message);
      return true;
    },
  );

test("the CRC is the one of zlib, and goes on where another ended", () => {
  const digits = new TextEncoder().encode("123456789");
  assert.equal(crc32(digits), 0xcbf43926);
  assert.equal(crc32(digits.subarray(4), crc32(digits.subarray(0, 4))), 0xcbf43926);
});

test("packing the values of FORMAT.md gives its bytes", () => {
  assert.deepEqual(pack(HEADER, SECTIONS), GOLDEN);
});

test("unpacking the bytes of FORMAT.md gives its values", () => {
  const { header, sections } = unpack(GOLDEN);
  assert.deepEqual(header, { ...HEADER, flags: 0 });
  assert.deepEqual(new Map([...sections].sort()), new Map([...SECTIONS].sort()));
});

test("the header can be read from its own bytes", () => {
  assert.equal(readHeader(GOLDEN.subarray(0, HEADER_SIZE)).width, 1920);
});

test("a file that is part of a larger buffer is read from its own place", () => {
  const larger = new Uint8Array(GOLDEN.length + 7);
  larger.set(GOLDEN, 7);
  assert.equal(unpack(larger.subarray(7)).header.height, 1080);
});

test("any flipped bit is noticed", () => {
  for (let bit = 0; bit < 8 * GOLDEN.length; bit++) {
    const file = GOLDEN.slice();
    file[bit >> 3] ^= 1 << (bit & 7);
    refuses(file, /./);
  }
});

test("any missing end is noticed, and said to be one", () => {
  refuses(new Uint8Array(), /empty/);
  for (let length = 1; length < GOLDEN.length; length++) {
    refuses(GOLDEN.slice(0, length), /truncated/);
  }
});

test("bytes after the end are noticed", () => {
  const file = new Uint8Array(GOLDEN.length + 3);
  file.set(GOLDEN);
  refuses(file, /3 trailing bytes/);
});

test("a file says what it is before it says that it is damaged", () => {
  refuses(new TextEncoder().encode("GIF89a"), /not a tfcv file.*474946383961/);
  refuses(changed(4, 2), /format version 2/);
  refuses(changed(5, 1), /header checksum/);
});

test("values out of range are refused though their checksums are right", () => {
  refuses(withChecksums(changed(5, 1)), /flags are 1/);
  refuses(withChecksums(changed(14, 0, 0, 0, 0)), /height is 0/);
  refuses(withChecksums(changed(18, 0, 0, 0, 0)), /width is 0/);
  refuses(withChecksums(changed(22, 0xff, 0)), /qualityQ8 is 255/);
  refuses(withChecksums(changed(22, 1, 100)), /qualityQ8 is 25601/);
  refuses(withChecksums(changed(24, 9)), /lanesLog2 is 9/);
});

test("the number of pixels is bounded", () => {
  unpack(GOLDEN, 1080 * 1920);
  refuses(GOLDEN, /1080 x 1920 pixels, more than the 2073599/, 1080 * 1920 - 1);
  refuses(withChecksums(changed(14, 255, 255, 255, 255)), /more than the 268435456/);
});

test("an unknown section is skipped in lower case and refused in upper case", () => {
  assert.deepEqual(unpack(withTag("q")).sections.get("q"), bytes("2c01"));
  refuses(withTag("Q"), /unknown critical section "Q"/);
  refuses(withTag("1"), /unknown critical section "1"/);
  refuses(withTag("S"), /"S" occurs twice/);
});

test("the stream must be there", () => {
  assert.throws(() => pack(HEADER, new Map([["E", bytes("2c01")]])), FormatError);
  const file = GOLDEN.slice();
  file[33] = "x".charCodeAt(0); // the tag "S"
  refuses(withChecksums(file), /"S" is missing/);
});

test("a section's length is read up to 5 bytes, and only in its shortest form", () => {
  refuses(withChecksums(changed(30, 0x82, 0x00)), /shortest LEB128/);
  refuses(withChecksums(changed(30, 255, 255, 255, 255, 255)), /shortest LEB128/);
  refuses(
    withChecksums(changed(30, 255, 255, 255, 255, 15)),
    /claims 4294967295 bytes/,
  );
  refuses(withChecksums(changed(30, 100)), /claims 100 bytes/);
});

test("lengths of one, two and three bytes survive", () => {
  for (const length of [127, 128, 16383, 16384, 70000]) {
    const stream = Uint8Array.from({ length }, (_, i) => i);
    const file = pack(HEADER, new Map([["S", stream]]));
    assert.equal(file.length, length + 36 + (length > 127) + (length > 16383));
    assert.deepEqual(unpack(file).sections.get("S"), stream);
  }
});

test("a writer refuses what a reader would refuse", () => {
  const wrong = [
    { height: 0 },
    { width: 2 ** 32 },
    { width: 1.5 },
    { qualityQ8: 255 },
    { lanesLog2: 9 },
    { flags: 1 },
    { modelId: "0102" },
  ];
  for (const value of wrong) {
    assert.throws(() => pack({ ...HEADER, ...value }, SECTIONS), FormatError);
  }
  for (const tag of ["Q", "ab", "", "1"]) {
    const sections = new Map([...SECTIONS, [tag, bytes("00")]]);
    assert.throws(() => pack(HEADER, sections), FormatError);
  }
});

test("a quality is stored in steps of 1/256", () => {
  assert.equal(qualityQ8(50.5), 0x3280);
  for (const quality of [0.99, 100.01, NaN, undefined]) {
    assert.throws(() => qualityQ8(quality), FormatError);
  }
});

function changed(position, ...values) {
  const file = GOLDEN.slice();
  file.set(values, position);
  return file;
}

/** The golden file with another tag for its section "E". */
function withTag(tag) {
  return withChecksums(changed(29, tag.charCodeAt(0)));
}
