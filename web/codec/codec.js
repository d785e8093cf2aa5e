/**
 * The codec: pixels -> .tfcv bytes -> pixels.
 *
 *   compress    analyse once; then per quality: z, prediction, values, rANS, container
 *   decompress  the same backwards; every check of the file before the work it guards
 *
 * An image is a uint8 RGB plane, quality a number from 1 to 100.
 *
 * @import { Shape } from "./geometry.js"
 * @import { Header, Sections } from "./layout.js"
 * @import { Manifest } from "./manifest.js"
 * @import { Integers, Steps } from "./passes.js"
 * @import { Tables } from "./tables.js"
 * @import { Floats, Networks, Options, Pixels } from "./windows.js"
 */

import { CodingError, FormatError, ModelError } from "./errors.js";
import { LATENT, tooLarge, yShape, zShape } from "./geometry.js";
import { ESCAPES, MAX_PIXELS, STREAM, qualityOf, qualityQ8 } from "./layout.js";
import { pack } from "./pack.js";
import { Plan, walk } from "./passes.js";
import { crop, padToMultiple } from "./planes.js";
import { Decoder, chooseLanes, encode, idealBits } from "./rans.js";
import { unpack } from "./unpack.js";
import { Windows } from "./windows.js";

/** One exported model on one runtime. */
export class Codec {
  /**
   * Throws ModelError: the model needs a newer reader.
   *
   * @param {Manifest} manifest of the model folder
   * @param {Tables} tables
   * @param {Networks} networks
   * @param {Options & {maxPixels?: number}} options maxPixels: of the largest image
   */
  constructor(manifest, tables, networks, options = {}) {
    this.modelId = manifest.model_id;
    this.name = manifest.name;
    this.maxPixels = options.maxPixels ?? MAX_PIXELS;
    this.tables = tables;
    this.networks = networks;
    this.windows = new Windows(networks, manifest, options);
    this.channels = manifest.channels;
    this.plan = new Plan(manifest);
  }

  // Sender

  /**
   * Image -> bytes of a .tfcv file.
   *
   * @param {Pixels} image
   * @param {number} quality
   */
  async compress(image, quality) {
    qualityQ8(quality);
    return this.compressLatents(await this.analyse(image), image, quality);
  }

  /**
   * Image -> y, once for all qualities; pads by repeating the edge.
   *
   * @param {Pixels} image
   */
  async analyse(image) {
    this.#shape(image);
    return this.windows.analyse(padToMultiple(image, LATENT));
  }

  /**
   * As `compress`, with the image's y at hand; of the image, only the size is read.
   *
   * @param {Floats} y
   * @param {Shape} image
   * @param {number} quality
   */
  async compressLatents(y, { height, width }, quality) {
    const q8 = qualityQ8(quality);
    const { groups } = await this.emit(y, qualityOf(q8));
    const bits = groups.reduce((sum, group) => sum + idealBits(group, this.tables), 0);
    const lanes = chooseLanes(bits);
    const { stream, escapes } = encode(groups, this.tables, lanes);
    const sections = new Map([[STREAM, stream]]);
    if (escapes.length) sections.set(ESCAPES, escapes);
    const lanesLog2 = Math.log2(lanes);
    const header = { modelId: this.modelId, height, width, qualityQ8: q8, lanesLog2 };
    return pack(header, sections);
  }

  /**
   * y -> what `walk` returns: the integers to code at one quality; floats end here.
   *
   * @param {Floats} y
   * @param {number} quality
   */
  emit(y, quality) {
    return this.#walk(y, quality, {
      z: async () => (await this.windows.hyperAnalyse(y, quality)).data,
      y: (mean, index) => this.windows.quantise(y, quality, mean, index),
    });
  }

  // Receiver

  /**
   * Bytes of a .tfcv file -> {header, image}.
   * Throws FormatError for damaged data, ModelError if another model made it.
   *
   * @param {Uint8Array} bytes
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

  /**
   * What `unpack` returns -> what `walk` returns. Throws FormatError.
   *
   * @param {Header} header
   * @param {Sections} sections
   */
  async decode(header, sections) {
    const shape = this.#shape(header);
    try {
      const [stream, escapes] = [STREAM, ESCAPES].map(
        (tag) => sections.get(tag) ?? new Uint8Array(),
      );
      const decoder = new Decoder(stream, escapes, 1 << header.lanesLog2, this.tables);
      const coded = await this.#walk(shape, qualityOf(header.qualityQ8), {
        z: async (index) => decoder.pop(index),
        y: async (mean, index) => ({ ...index, data: decoder.pop(index.data) }),
      });
      decoder.finish();
      return coded;
    } catch (error) {
      if (!(error instanceof CodingError)) throw error;
      throw new FormatError("stream", `the file is damaged: ${error.message}`);
    }
  }

  /**
   * Values of y and their mean -> an image of whole latents.
   *
   * @param {{y: Integers, mean: Integers}} coded
   * @param {number} quality
   */
  render({ y, mean }, quality) {
    return this.windows.synthesise(y, mean, quality);
  }

  // Both

  /**
   * Both sides predict alike.
   *
   * @param {Shape} shape of y
   * @param {number} quality
   * @param {Omit<Steps, "predict">} steps
   */
  #walk(shape, quality, steps) {
    const z = { ...zShape(shape), channels: this.channels.z };
    return walk(this.plan, z, {
      predict: (z) => this.windows.predict(z, quality, shape),
      ...steps,
    });
  }

  /**
   * The shape of an image's y. Throws FormatError: it is too large.
   *
   * @param {Shape} image
   */
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
