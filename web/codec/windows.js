/**
 * The networks of a model over planes of any size: they run in windows, so that the
 * memory is bounded.
 *
 * @import { Grid, Network, Scaled } from "./chunks.js"
 * @import { Shape } from "./geometry.js"
 * @import { Manifest } from "./manifest.js"
 * @import { Integers, Prediction } from "./passes.js"
 * @import { Data, Plane } from "./planes.js"
 *
 * @typedef {Plane<Uint8Array>} Pixels
 * @typedef {Plane<Float32Array>} Floats
 */

/**
 * What runs the networks is handed in. Quality is a number from 1 to 100; what is an
 * integer may be an int32; `predict` must be exact.
 *
 * @typedef {object} Networks
 * @property {(pixels: Pixels) => Promise<Floats>} analyse
 *   (16 h, 16 w, 3) -> y (h, w, m)
 * @property {(y: Floats, quality: number) => Promise<Plane<Data>>} hyperAnalyse
 *   -> z, a quarter as high and wide, rounded up
 * @property {(z: Integers, quality: number) => Promise<Plane<Data>[]>} predict
 *   -> [mean in sixteenths, index], 4 times as high and wide as z
 * @property {(y: Floats, quality: number, mean: Integers, index: Integers) =>
 *   Promise<Plane<Data>>} quantise
 *   -> values
 * @property {(y: Integers, mean: Integers, quality: number) => Promise<Pixels>}
 *   synthesise
 *   values and mean -> (16 h, 16 w, 3)
 */

/**
 * @typedef {object} Options
 * @property {number} [size] latents per side of a chunk
 * @property {(stage: string, share: number) => void} [report] share: 0 to 1 of a stage
 */

import { SIZE, run } from "./chunks.js";
import { LATENT, Z, yShape, zShape } from "./geometry.js";
import { plane } from "./planes.js";

export class Windows {
  /**
   * @param {Networks} networks
   * @param {Pick<Manifest, "channels" | "halo">} manifest
   * @param {Options} options
   */
  constructor(networks, { channels, halo }, { size = SIZE, report = () => {} }) {
    this.networks = networks;
    this.channels = channels;
    this.halo = halo;
    this.size = size;
    this.report = report;
  }

  /** @param {Pixels} pixels of whole latents */
  async analyse(pixels) {
    const y = this.#latents(Float32Array, yShape(pixels));
    /** @type {Network} */
    const network = async (window) => [await this.networks.analyse(window)];
    const grid = this.#grid(y, this.halo.analysis);
    await this.#run("Analysing", grid, [[pixels, LATENT]], [[y, 1]], network);
    return y;
  }

  /**
   * @param {Floats} y
   * @param {number} quality
   */
  async hyperAnalyse(y, quality) {
    const { height, width } = zShape(y);
    const z = plane(Int16Array, height, width, this.channels.z);
    /** @type {Network} */
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

  /**
   * @param {Integers} z
   * @param {number} quality
   * @param {Shape} shape of y
   * @returns {Promise<Prediction>}
   */
  async predict(z, quality, shape) {
    const mean = this.#latents(Int16Array, shape);
    const index = this.#latents(Int16Array, shape);
    const targets = scaled(Z, mean, index);
    /** @type {Network} */
    const network = (window) => this.networks.predict(window, quality);
    const grid = { ...this.#grid(z, this.halo.hyper_synthesis), size: this.size / Z };
    await this.#run("Coding", grid, [[z, 1]], targets, network);
    return { mean, index };
  }

  /**
   * @param {Floats} y
   * @param {number} quality
   * @param {Integers} mean
   * @param {Integers} index
   */
  async quantise(y, quality, mean, index) {
    const values = this.#latents(Int16Array, y);
    const sources = scaled(1, y, mean, index);
    /** @type {Network} */
    const network = async (y, mean, index) => [
      await this.networks.quantise(y, quality, mean, index),
    ];
    await this.#run("Coding", this.#grid(y, 0), sources, [[values, 1]], network);
    return values;
  }

  /**
   * @param {Integers} y
   * @param {Integers} mean
   * @param {number} quality
   */
  async synthesise(y, mean, quality) {
    const pixels = plane(Uint8Array, LATENT * y.height, LATENT * y.width, 3);
    /** @type {Network} */
    const network = async (y, mean) => [
      await this.networks.synthesise(y, mean, quality),
    ];
    const grid = this.#grid(y, this.halo.synthesis);
    const sources = scaled(1, y, mean);
    await this.#run("Reconstructing", grid, sources, [[pixels, LATENT]], network);
    return pixels;
  }

  /**
   * @param {string} stage
   * @param {Grid} grid
   * @param {Scaled[]} sources
   * @param {Scaled[]} targets
   * @param {Network} network
   */
  #run(stage, grid, sources, targets, network) {
    return run(grid, sources, targets, network, (share) => this.report(stage, share));
  }

  /**
   * @param {Shape} shape
   * @param {number} halo
   */
  #grid({ height, width }, halo) {
    return { height, width, size: this.size, halo };
  }

  /**
   * @template {Data} T
   * @param {new (length: number) => T} Type
   * @param {Shape} shape
   */
  #latents(Type, { height, width }) {
    return plane(Type, height, width, this.channels.y);
  }
}

/**
 * @param {number} factor
 * @param {Plane<Data>[]} planes
 * @returns {Scaled[]}
 */
function scaled(factor, ...planes) {
  return planes.map((plane) => [plane, factor]);
}
