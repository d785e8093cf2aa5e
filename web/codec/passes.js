/**
 * The order of an image's integers: z, then the passes of y. A pass is the latents that
 * are predicted and decoded together; which pass that is, a plan says of each latent.
 */

import { ModelError } from "./errors.js";

/** What a manifest says of the passes, and of the rows that code z. */
export class Plan {
  /**
   * @param manifest z_rows, the row of z's first channel; plan, the pass of each latent:
   *   without one a single pass has them all
   * Throws ModelError: there are more passes.
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

  /** The index of every value of z: its channel's row. */
  indexOfZ({ height, width, channels }) {
    const length = height * width * channels;
    return Int16Array.from({ length }, (_, i) => this.zRows + (i % channels));
  }
}

/**
 * Goes through all integers of an image, as a sender chooses or a receiver reads them.
 *
 * @param {Plan} plan
 * @param shape {height, width, channels} of z
 * @param steps three functions, all of promises; `predict` is called once per pass:
 *   z(index)        -> values
 *   predict(z)      -> {mean, index} of a pass, two planes
 *   y(mean, index)  -> values of a pass, a plane
 * @returns {z, y, mean, index, groups}: planes, and what the entropy coder takes
 */
export async function walk(plan, shape, steps) {
  const indexOfZ = plan.indexOfZ(shape);
  const z = { ...shape, data: await steps.z(indexOfZ) };
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
