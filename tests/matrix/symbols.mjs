/**
 * Decodes a golden photo with the entropy coder alone, without a network:
 *
 *   node symbols.mjs NAME
 *
 * prints z, then y, as little-endian int32 in base64.
 */

import { unpack } from "../../web/codec/unpack.js";
import { photoGolden, valuesOf } from "../web/golden.mjs";

const photo = await photoGolden(process.argv[2]);
const [z, y] = await valuesOf(unpack(photo.file), photo);
const values = Int32Array.from([...z, ...y]);
console.log(Buffer.from(values.buffer).toString("base64"));
