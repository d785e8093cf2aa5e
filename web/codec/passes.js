/**
 * The order of an image's integers: z, then the passes of y. A pass is the latents that
 * are predicted and decoded together; which pass that is, a plan says of each latent.
 *
 * @import { Shape } from "./geometry.js"
 * @import { Manifest } from "./manifest.js"
 * @import { Plane } from "./planes.js"
 * @import { Group } from "./rans.js"
 *
 * @typedef {Plane<Int16Array>} Integers
 * @typedef {Shape & {channels: number}} PlaneShape
 * @typedef {{mean: Integers, index: Integers}} Prediction the mean in sixteenths
 *
 * @typedef {object} Steps how a sender chooses the integers, or a receiver reads them
 * @property {(index: Int16Array) => Promise<Int16Array>} z -> values
 * @property {(z: Integers) => Promise<Prediction>} predict called once per pass
 * @property {(mean: Integers, index: Integers) => Promise<Integers>} y -> values
 */

import { ModelError } from "./errors.js";

/** What a manifest says of the passes, and of the rows that code z. */
export class Plan {
  /**
   * Throws ModelError: there is more than one pass.
   *
   * @param {Pick<Manifest, "plan" | "z_rows">} manifest
   */
  constructor({ plan = 0, z_rows }) {
    if ([plan].flat(Infinity).some((pass) => pass !== 0)) {
      throw new ModelError(
        "the model decodes its latents in more than one pass: a newer reader is needed",
      );
    }
    this.passes = 1;
    this.zRows = z_rows;
  }

  /**
   * The index of every value of z: its channel's row.
   *
   * @param {PlaneShape} shape
   */
  indexOfZ({ height, width, channels }) {
    const length = height * width * channels;
    return Int16Array.from({ length }, (_, i) => this.zRows + (i % channels));
  }
}

/**
 * Goes through all integers of an image -> {z, y, mean, index}, planes, and `groups`,
 * what the entropy coder takes.
 *
 * @param {Plan} plan
 * @param {PlaneShape} shape of z
 * @param {Steps} steps
 */
export async function walk(plan, shape, steps) {
  const indexOfZ = plan.indexOfZ(shape);
  const z = { ...shape, data: await steps.z(indexOfZ) };
  /** @type {Group[]} */
  const groups = [{ values: z.data, index: indexOfZ }];
  const passes = [];
  for (let pass = 0; pass < plan.passes; pass++) {
    const { mean, index } = await steps.predict(z);
    const y = await steps.y(mean, index);
    groups.push({ values: y.data, index: index.data });
    passes.push({ y, mean, index });
  }
  return { z, ...passes[0], groups }; // the one pass has every latent
}
