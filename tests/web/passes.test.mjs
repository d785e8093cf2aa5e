import assert from "node:assert/strict";
import { test } from "node:test";

import { ModelError } from "../../web/codec/errors.js";
import { Plan, walk } from "../../web/codec/passes.js";
import { openModel } from "../../web/litert/model.js";

const needsNewer = (error) =>
  error instanceof ModelError && /a newer reader is needed/.test(error.message);

test("z comes before y, and its index is its channel's row", async () => {
  const asked = [];
  const plane = (...data) => ({ height: 1, width: 2, channels: 1, data });
  const prediction = { mean: plane(3, 4), index: plane(5, 6) };
  const shape = { height: 1, width: 2, channels: 3 };
  const coded = await walk(new Plan({ z_rows: 64 }), shape, {
    z: (index) => (asked.push(["z", ...index]), [1, 2, 3, 4, 5, 6]),
    predict: (z) => (asked.push(["predict", ...z.data]), prediction),
    y: (mean, index) => (asked.push(["y", ...index.data]), plane(7, 8)),
  });
  const rows = [64, 65, 66, 64, 65, 66];
  assert.deepEqual(asked, [
    ["z", ...rows],
    ["predict", 1, 2, 3, 4, 5, 6],
    ["y", 5, 6],
  ]);
  assert.deepEqual(coded.groups, [
    { values: [1, 2, 3, 4, 5, 6], index: Int16Array.from(rows) },
    { values: [7, 8], index: [5, 6] },
  ]);
  assert.deepEqual([coded.y, coded.mean], [plane(7, 8), prediction.mean]);
});

test("a plan of more than one pass needs a newer reader", () => {
  for (const plan of [undefined, [[0, 0, 0, 0]]]) {
    assert.equal(new Plan({ plan, z_rows: 64 }).passes, 1);
  }
  for (const plan of [
    [[0, 1]],
    [
      [1, 0],
      [0, 1],
    ],
    "latin square",
    4,
    null,
  ]) {
    assert.throws(() => new Plan({ plan, z_rows: 64 }), needsNewer);
  }
});

test("a newer schema is refused before anything else is loaded", async (context) => {
  let schema;
  const fetch = context.mock.method(globalThis, "fetch", async () =>
    Response.json({ schema, files: {} }),
  );
  schema = 2;
  await assert.rejects(openModel("folder/", {}), needsNewer);
  for (schema of [0, -1, 1.5, "1", true, null]) {
    await assert.rejects(
      openModel("folder/", {}),
      /ModelError: not a model's manifest/,
    );
  }
  for (schema of [undefined, 1]) {
    await assert.rejects(openModel("folder/", {}), /the model has no tflite/);
  }
  assert.equal(fetch.mock.callCount(), 9);
});
