/**
 * The codec: pixels -> .tfcv bytes -> pixels.
 *
 *   compress    analyse once; then per quality: z, prediction, values, rANS, container
 *   decompress  the same backwards; every check of the file before the work it guards
 *
 * What runs the networks is handed in. It has five functions of planes with promises of
 * planes; quality is a number from 1 to 100, and `predict` must be exact:
 *
 *   analyse(pixels)                    uint8 (16 h, 16 w, 3) -> y float32 (h, w, m)
 *   hyperAnalyse(y, quality)           -> z, a quarter as high and wide, rounded up
 *   predict(z, quality)                -> [mean in sixteenths, index], 4 times z
 *   quantise(y, quality, mean, index)  -> values
 *   synthesise(y, mean, quality)       values and mean -> uint8 (16 h, 16 w, 3)
 */

import { SIZE, run } from "./chunks.js";
import { CodingError, FormatError, ModelError } from "./errors.js";
import { LATENT, Z, tooLarge, yShape, zShape } from "./geometry.js";
import { ESCAPES, MAX_PIXELS, STREAM, qualityOf, qualityQ8 } from "./layout.js";
import { pack } from "./pack.js";
import { crop, padToMultiple } from "./planes.js";
import { Decoder, chooseLanes, encode, idealBits } from "./rans.js";
import { unpack } from "./unpack.js";

/** One exported model on one runtime. */
export class Codec {
  /**
   * @param manifest of the model folder: model_id, channels, z_rows, halo
   * @param {Tables} tables
   * @param networks see above
   * @param options maxPixels: the largest image to accept; size: latents per side of a
   *   chunk; report: called with (stage, share from 0 to 1)
   */
  constructor(manifest, tables, networks, options = {}) {
    this.modelId = manifest.model_id;
    this.name = manifest.name;
    this.maxPixels = options.maxPixels ?? MAX_PIXELS;
    this.report = options.report ?? (() => {});
    this.tables = tables;
    this.networks = networks;
    this.channels = manifest.channels;
    this.halo = manifest.halo;
    this.zRows = manifest.z_rows;
    this.size = options.size ?? SIZE;
  }

  // Sender

  /** Uint8 RGB plane, quality 1 to 100 -> bytes of a .tfcv file. */
  async compress(image, quality) {
    qualityQ8(quality);
    return this.compressLatents(await this.analyse(image), image, quality);
  }

  /** Uint8 RGB plane -> y, once for all qualities; pads by repeating the edge. */
  async analyse(image) {
    const y = this.#latents(Float32Array, this.#shape(image));
    const pixels = padToMultiple(image, LATENT);
    const network = async (window) => [await this.networks.analyse(window)];
    const grid = this.#grid(y, this.halo.analysis);
    await this.#run("Analysing", grid, [[pixels, LATENT]], [[y, 1]], network);
    return y;
  }

  /** As `compress`, with the image's y at hand; of the image, only the size is read. */
  async compressLatents(y, { height, width }, quality) {
    const q8 = qualityQ8(quality);
    const coded = await this.emit(y, qualityOf(q8));
    const groups = this.#groups(coded);
    const bits = groups.reduce((sum, group) => sum + idealBits(group, this.tables), 0);
    const lanes = chooseLanes(bits);
    const { stream, escapes } = encode(groups, this.tables, lanes);
    const sections = new Map([[STREAM, stream]]);
    if (escapes.length) sections.set(ESCAPES, escapes);
    const lanesLog2 = Math.log2(lanes);
    const header = { modelId: this.modelId, height, width, qualityQ8: q8, lanesLog2 };
    return pack(header, sections);
  }

  /** y -> {z, y, mean, index}: the integers to code at one quality; floats end here. */
  async emit(y, quality) {
    const z = await this.#hyperAnalyse(y, quality);
    const { mean, index } = await this.#predict(z, quality, y);
    const values = this.#latents(Int16Array, y);
    const sources = [y, mean, index].map((plane) => [plane, 1]);
    const network = async (...windows) => [
      await this.networks.quantise(windows[0], quality, windows[1], windows[2]),
    ];
    await this.#run("Coding", this.#grid(y, 0), sources, [[values, 1]], network);
    return { z, y: values, mean, index };
  }

  async #hyperAnalyse(y, quality) {
    const z = this.#zPlane(y);
    const network = async (window) => [
      await this.networks.hyperAnalyse(window, quality),
    ];
    // null: the network mixes the whole plane, and cannot run in windows.
    const whole = this.halo.hyper_analysis === null;
    const size = whole ? Math.max(z.height, z.width) : this.size / Z;
    const grid = { ...this.#grid(z, this.halo.hyper_analysis ?? 0), size };
    await this.#run("Coding", grid, [[y, Z]], [[z, 1]], network);
    return z;
  }

  #groups({ z, y, index }) {
    return [
      { values: z.data, index: this.#indexOfZ(z) },
      { values: y.data, index: index.data },
    ];
  }

  /** The row of each z is its channel's. */
  #indexOfZ(z) {
    return Int16Array.from(
      { length: z.data.length },
      (_, i) => this.zRows + (i % z.channels),
    );
  }

  // Receiver

  /**
   * Bytes of a .tfcv file -> {header, image}, a uint8 RGB plane.
   * Throws FormatError for damaged data, ModelError if another model made it.
   */
  async decompress(bytes) {
    const { header, sections } = unpack(bytes, this.maxPixels);
    if (header.modelId !== this.modelId) {
      throw new ModelError(
        `the file needs model ${header.modelId}; ${this.name} is ${this.modelId}`,
      );
    }
    const coded = await this.decode(header, sections);
    const pixels = await this.render(coded, qualityOf(header.qualityQ8));
    return { header, image: crop(pixels, [0, header.height], [0, header.width]) };
  }

  /** What `unpack` returns -> {z, y, mean, index}. Throws FormatError. */
  async decode(header, sections) {
    const shape = this.#shape(header);
    const z = this.#zPlane(shape);
    try {
      const stream = [sections.get(STREAM), sections.get(ESCAPES) ?? new Uint8Array()];
      const decoder = new Decoder(...stream, 1 << header.lanesLog2, this.tables);
      z.data = decoder.pop(this.#indexOfZ(z));
      const quality = qualityOf(header.qualityQ8);
      const { mean, index } = await this.#predict(z, quality, shape);
      const y = { ...index, data: decoder.pop(index.data) };
      decoder.finish();
      return { z, y, mean, index };
    } catch (error) {
      if (!(error instanceof CodingError)) throw error;
      throw new FormatError("stream", `the file is damaged: ${error.message}`);
    }
  }

  /** {y, mean} -> uint8 RGB plane of whole 16 x 16 blocks. */
  async render({ y, mean }, quality) {
    const height = LATENT * y.height;
    const width = LATENT * y.width;
    const data = new Uint8Array(height * width * 3);
    const pixels = { height, width, channels: 3, data };
    const network = async (...windows) => [
      await this.networks.synthesise(...windows, quality),
    ];
    const sources = [y, mean].map((plane) => [plane, 1]);
    const grid = this.#grid(y, this.halo.synthesis);
    await this.#run("Reconstructing", grid, sources, [[pixels, LATENT]], network);
    return pixels;
  }

  // Both

  async #predict(z, quality, shape) {
    const mean = this.#latents(Int16Array, shape);
    const index = this.#latents(Int16Array, shape);
    const targets = [mean, index].map((plane) => [plane, Z]);
    const network = (window) => this.networks.predict(window, quality);
    const grid = { ...this.#grid(z, this.halo.hyper_synthesis), size: this.size / Z };
    await this.#run("Coding", grid, [[z, 1]], targets, network);
    return { mean, index };
  }

  #run(stage, grid, sources, targets, network) {
    const report = (share) => this.report(stage, share);
    return run(grid, sources, targets, network, report);
  }

  #grid({ height, width }, halo) {
    return { height, width, size: this.size, halo };
  }

  #latents(Type, { height, width }) {
    const data = new Type(height * width * this.channels.y);
    return { height, width, channels: this.channels.y, data };
  }

  #zPlane(y) {
    const { height, width } = zShape(y);
    const data = new Int16Array(height * width * this.channels.z);
    return { height, width, channels: this.channels.z, data };
  }

  /** The shape of an image's y. Throws FormatError: it is too large. */
  #shape(image) {
    const y = yShape(image);
    if (!tooLarge(y, this.maxPixels)) return y;
    throw new FormatError(
      "too-large",
      `an image of ${image.height} x ${image.width} pixels takes ${y.height} x ` +
        `${y.width} latents, more than the ${this.maxPixels} pixels that are ` +
        "accepted here",
    );
  }
}
