/**
 * The networks of a model folder on LiteRT.js, on the CPU: what `windows.js` runs.
 *
 * Not on the GPU: the prediction must be exact, and a GPU may count in float16.
 *
 * @import { CompiledModel, Tensor, TypedArray } from "@litertjs/core"
 * @import { Manifest } from "../codec/manifest.js"
 * @import { Data, Plane } from "../codec/planes.js"
 * @import { Integers } from "../codec/passes.js"
 * @import { Floats, Networks, Pixels } from "../codec/windows.js"
 * @import { LiteRT } from "./runtime.js"
 * @import { Shapes } from "./shapes.js"
 *
 * @typedef {Plane<Data> | number} Input
 * @typedef {"encoder" | "hyperDecoder" | "synthesis"} File
 */

import { LATENT, Z, yShape, zShape } from "../codec/geometry.js";
import { fixShapes } from "./shapes.js";

const KEPT = 8; // compiled windows; a large image needs about six at a time

/** @implements {Networks} */
export class LiteRTNetworks {
  /** @type {Map<string, CompiledModel>} */
  #compiled = new Map(); // the one used last comes last
  preparationMs = 0; // spent so far on loading files and on compiling

  /**
   * @param {LiteRT} litert loaded
   * @param {Record<File, () => Promise<Uint8Array>>} files functions that promise the
   *   bytes of a .tflite file, called when it is needed
   * @param {Manifest["channels"]} channels
   */
  constructor(litert, files, channels) {
    this.litert = litert;
    this.files = files;
    this.channels = channels;
  }

  /** @param {Pixels} pixels */
  async analyse(pixels) {
    const { height, width } = yShape(pixels);
    const shapes = { y: [height, width, this.channels.y] };
    const { y } = await this.#run("encoder", "analyse", { pixels }, shapes);
    return y;
  }

  /**
   * @param {Floats} y
   * @param {number} quality
   */
  async hyperAnalyse(y, quality) {
    const { height, width } = zShape(y);
    const shapes = { z: [height, width, this.channels.z] };
    const { z } = await this.#run("encoder", "hyper_analyse", { y, quality }, shapes);
    return z;
  }

  /**
   * @param {Integers} z
   * @param {number} quality
   */
  async predict(z, quality) {
    const shape = [Z * z.height, Z * z.width, this.channels.y];
    const shapes = { mean: shape, index: shape };
    const inputs = { z, quality };
    const { mean, index } = await this.#run("hyperDecoder", "predict", inputs, shapes);
    return [mean, index];
  }

  /**
   * @param {Floats} y
   * @param {number} quality
   * @param {Integers} mean
   * @param {Integers} index
   */
  async quantise(y, quality, mean, index) {
    const inputs = { y, quality, mean, index };
    const shapes = { symbols: [y.height, y.width, y.channels] };
    const results = await this.#run("encoder", "quantise", inputs, shapes);
    return results.symbols;
  }

  /**
   * @param {Integers} y
   * @param {Integers} mean
   * @param {number} quality
   */
  async synthesise(y, mean, quality) {
    const inputs = { symbols: y, mean, quality };
    const shapes = { pixels: [LATENT * y.height, LATENT * y.width, 3] };
    const { pixels } = await this.#run("synthesis", "synthesise", inputs, shapes);
    return pixels;
  }

  /**
   * @param {File} file
   * @param {string} signature
   * @param {Record<string, Input>} inputs
   * @param {Shapes} outputs height, width, channels
   */
  async #run(file, signature, inputs, outputs) {
    /** @type {Shapes} */
    const shapes = {};
    for (const [name, shape] of Object.entries(outputs)) shapes[name] = [1, ...shape];
    for (const [name, input] of Object.entries(inputs)) shapes[name] = shapeOf(input);
    const model = await this.#model(file, signature, shapes);
    /** @type {Record<string, Tensor>} */
    const tensors = {};
    /** @type {Record<string, Tensor>} */
    let results = {};
    try {
      for (const [name, input] of Object.entries(inputs)) {
        // LiteRT keeps its own memory: what goes in and out is copied, and given back.
        tensors[name] = new this.litert.Tensor(arrayOf(input), shapes[name]);
      }
      results = await model.run(tensors);
      /** @type {Record<string, Plane<any>>} */
      const planes = {};
      for (const [name, [height, width, channels]] of Object.entries(outputs)) {
        const data = results[name].toTypedArray();
        planes[name] = { height, width, channels, data };
      }
      return planes;
    } finally {
      for (const tensor of Object.values({ ...tensors, ...results })) tensor.delete();
    }
  }

  /**
   * @param {File} file
   * @param {string} signature
   * @param {Shapes} shapes
   */
  async #model(file, signature, shapes) {
    const key = JSON.stringify([file, signature, shapes]);
    const found = this.#compiled.get(key);
    this.#compiled.delete(key);
    const model = found ?? (await this.#compile(file, signature, shapes));
    this.#compiled.set(key, model);
    return model;
  }

  /**
   * @param {File} file
   * @param {string} signature
   * @param {Shapes} shapes
   */
  async #compile(file, signature, shapes) {
    if (this.#compiled.size >= KEPT) {
      const [[key, oldest]] = this.#compiled;
      this.#compiled.delete(key);
      oldest.delete();
    }
    const start = performance.now();
    const fixed = fixShapes(await this.files[file](), signature, shapes);
    const model = await this.litert.loadAndCompile(fixed, { accelerator: "wasm" });
    this.preparationMs += performance.now() - start;
    return model;
  }
}

/** @param {Input} input */
function shapeOf(input) {
  return typeof input === "number"
    ? [1]
    : [1, input.height, input.width, input.channels];
}

/**
 * Planes of large images are int16; the networks take int32.
 *
 * @param {Input} input
 */
function arrayOf(input) {
  if (typeof input === "number") return Float32Array.of(input);
  const { data } = input;
  if (data instanceof Int16Array) return new Int32Array(data);
  return /** @type {TypedArray} */ (data); // of memory that no thread shares
}
