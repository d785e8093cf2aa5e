/** What the worker does: one model, one picture at a time. */

import { openModel } from "../litert/model.js";
import { loadRuntime } from "../litert/runtime.js";
import { MAX_PIXELS, psnr, toPlane, toRgba } from "./pixels.js";

export class Session {
  #report;
  #codec;
  #picture; // {image, y, analysis in ms}: all of one picture, or of the one before

  /** report: called with (stage, share from 0 to 1). */
  constructor(report) {
    this.#report = report;
  }

  async open({ model, vendor }) {
    const { litert, threads } = await loadRuntime(vendor);
    const options = { report: this.#report, maxPixels: MAX_PIXELS };
    this.#codec = await openModel(model, litert, options);
    return { name: this.#codec.name, modelId: this.#codec.modelId, threads };
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

  /** Returns {picture, quality, decodeMs} of a .tfcv file. */
  async decompress(bytes) {
    const [{ header, image }, decodeMs] = await this.#timed(() =>
      this.#codec.decompress(bytes),
    );
    return { picture: toRgba(image), quality: header.qualityQ8 / 256, decodeMs };
  }

  /** dB between the picture that was loaded and another version of it. */
  compare(picture) {
    return psnr(this.#picture.image, toPlane(picture));
  }

  /** Runs `work`; its ms are without what the networks took to load and compile. */
  async #timed(work) {
    const { networks } = this.#codec;
    const start = performance.now() - networks.preparationMs;
    const result = await work();
    return [result, performance.now() - networks.preparationMs - start];
  }
}
