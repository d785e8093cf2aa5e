/**
 * The networks of a model over planes of any size: the five functions of `codec.js`
 * again, run in windows, so that the memory is bounded.
 */

import { SIZE, run } from "./chunks.js";
import { LATENT, Z, yShape, zShape } from "./geometry.js";

export class Windows {
  /**
   * @param networks see `codec.js`
   * @param manifest of the model folder: channels and halo, in latents (hyper: in z)
   * @param options size and report, as for `Codec`
   */
  constructor(networks, { channels, halo }, { size = SIZE, report = () => {} }) {
    Object.assign(this, { networks, channels, halo, size, report });
  }

  /** Uint8 RGB plane of whole latents -> y. */
  async analyse(pixels) {
    const y = this.#latents(Float32Array, yShape(pixels));
    const network = async (window) => [await this.networks.analyse(window)];
    const grid = this.#grid(y, this.halo.analysis);
    await this.#run("Analysing", grid, [[pixels, LATENT]], [[y, 1]], network);
    return y;
  }

  async hyperAnalyse(y, quality) {
    const { height, width } = zShape(y);
    const z = plane(Int16Array, height, width, this.channels.z);
    const network = async (window) => [
      await this.networks.hyperAnalyse(window, quality),
    ];
    // null: the network mixes the whole plane, and cannot run in windows.
    const whole = this.halo.hyper_analysis === null;
    const size = whole ? Math.max(height, width) : this.size / Z;
    const grid = { ...this.#grid(z, this.halo.hyper_analysis ?? 0), size };
    await this.#run("Coding", grid, [[y, Z]], [[z, 1]], network);
    return z;
  }

  /** z -> {mean, index} of a y of this shape. */
  async predict(z, quality, shape) {
    const mean = this.#latents(Int16Array, shape);
    const index = this.#latents(Int16Array, shape);
    const targets = [mean, index].map((plane) => [plane, Z]);
    const network = (window) => this.networks.predict(window, quality);
    const grid = { ...this.#grid(z, this.halo.hyper_synthesis), size: this.size / Z };
    await this.#run("Coding", grid, [[z, 1]], targets, network);
    return { mean, index };
  }

  async quantise(y, quality, mean, index) {
    const values = this.#latents(Int16Array, y);
    const sources = [y, mean, index].map((plane) => [plane, 1]);
    const network = async (...windows) => [
      await this.networks.quantise(windows[0], quality, windows[1], windows[2]),
    ];
    await this.#run("Coding", this.#grid(y, 0), sources, [[values, 1]], network);
    return values;
  }

  async synthesise(y, mean, quality) {
    const pixels = plane(Uint8Array, LATENT * y.height, LATENT * y.width, 3);
    const network = async (...windows) => [
      await this.networks.synthesise(...windows, quality),
    ];
    const sources = [y, mean].map((plane) => [plane, 1]);
    const grid = this.#grid(y, this.halo.synthesis);
    await this.#run("Reconstructing", grid, sources, [[pixels, LATENT]], network);
    return pixels;
  }

  #run(stage, grid, sources, targets, network) {
    const report = (share) => this.report(stage, share);
    return run(grid, sources, targets, network, report);
  }

  #grid({ height, width }, halo) {
    return { height, width, size: this.size, halo };
  }

  #latents(Type, { height, width }) {
    return plane(Type, height, width, this.channels.y);
  }
}

function plane(Type, height, width, channels) {
  return { height, width, channels, data: new Type(height * width * channels) };
}
