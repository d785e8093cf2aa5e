/** What the worker does: one model to compress with, one picture at a time. */

import { qualityOf } from "../codec/layout.js";
import { readHeader } from "../codec/unpack.js";
import { findModel, openModel } from "../litert/model.js";
import { loadRuntime } from "../litert/runtime.js";
import { MAX_PIXELS, psnr, toPlane, toRgba } from "./pixels.js";

export class Session {
  #report;
  #litert;
  #others; // URLs of model folders that a file may need
  #codec;
  #readers = new Map(); // model id -> codec
  #picture; // {image, y, analysis in ms}: all of one picture, or of the one before

  /** report: called with (stage, share from 0 to 1). */
  constructor(report) {
    this.#report = report;
  }

  /** model: URL of the folder to compress with; others: of those to decode with, too. */
  async open({ model, others, vendor }) {
    const { litert, threads } = await loadRuntime(vendor);
    this.#litert = litert;
    this.#others = others;
    this.#codec = await this.#open(model);
    return { name: this.#codec.name, modelId: this.#codec.modelId, threads };
  }

  async #open(folder) {
    const options = { report: this.#report, maxPixels: MAX_PIXELS };
    const codec = await openModel(folder, this.#litert, options);
    this.#readers.set(codec.modelId, codec);
    return codec;
  }

  /** The codec that a file needs; without it the page's own, which says so. */
  async #reader(bytes) {
    const { modelId } = readHeader(bytes, MAX_PIXELS);
    if (this.#readers.has(modelId)) return this.#readers.get(modelId);
    const folder = await findModel(this.#others, modelId);
    return folder ? this.#open(folder) : this.#codec;
  }

  /** Takes {width, height, data: RGBA} as the picture to compress. */
  async load(picture) {
    const image = toPlane(picture);
    const [y, analysis] = await this.#timed(() => this.#codec.analyse(image));
    this.#picture = { image, y, analysis };
  }

  /** Returns {bytes, picture, psnr, encodeMs, decodeMs} of the picture at a quality. */
  async compress(quality) {
    const { image: original, y, analysis } = this.#picture;
    const [bytes, coding] = await this.#timed(() =>
      this.#codec.compressLatents(y, original, quality),
    );
    const [{ image }, decodeMs] = await this.#timed(() =>
      this.#codec.decompress(bytes),
    );
    return {
      bytes,
      picture: toRgba(image),
      psnr: psnr(original, image),
      encodeMs: analysis + coding,
      decodeMs,
    };
  }

  /** Returns {picture, quality, model, decodeMs} of a .tfcv file. */
  async decompress(bytes) {
    const codec = await this.#reader(bytes);
    const work = () => codec.decompress(bytes);
    const [{ header, image }, decodeMs] = await this.#timed(work, codec);
    const quality = qualityOf(header.qualityQ8);
    return { picture: toRgba(image), quality, model: codec.name, decodeMs };
  }

  /** dB between the picture that was loaded and another version of it. */
  compare(picture) {
    return psnr(this.#picture.image, toPlane(picture));
  }

  /** Runs `work`; its ms are without what the networks took to load and compile. */
  async #timed(work, { networks } = this.#codec) {
    const start = performance.now() - networks.preparationMs;
    const result = await work();
    return [result, performance.now() - networks.preparationMs - start];
  }
}
