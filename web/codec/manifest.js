/** A model folder's manifest.json, as far as it says who can read the folder. */

import { ModelError } from "./errors.js";

export const SCHEMA = 1; // the newest that is known here, and that of a manifest without

/** Throws ModelError: the manifest's schema is a newer one, or none at all. */
export function checkSchema({ schema = 1 }) {
  if (!Number.isInteger(schema) || schema < 1) {
    throw new ModelError(
      `not a model's manifest: schema is ${schema}; expected an integer from 1 on`,
    );
  }
  if (schema > SCHEMA) {
    throw new ModelError(
      `the model's manifest has schema ${schema}; this reader knows ${SCHEMA}: a newer ` +
        "reader is needed",
    );
  }
}
