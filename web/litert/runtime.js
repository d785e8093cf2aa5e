/**
 * Loads LiteRT.js in a classic worker, with threads where the page may have them.
 *
 * @typedef {typeof import("@litertjs/core")} LiteRT the module
 */

const THREADED = "litert_wasm_threaded_internal.js";

/**
 * The module, ready, and the number of threads that it has.
 *
 * @param {string} folder URL of vendor/, with a slash at its end
 */
export async function loadRuntime(folder) {
  /** @type {LiteRT} */
  const litert = await import(`${folder}litert.js`);
  const threads = await canThread(litert);
  // Emscripten would look beside the worker's own script.
  const module = {
    locateFile: (/** @type {string} */ name) => folder + name,
    mainScriptUrlOrBlob: folder + THREADED,
    printErr: log,
  };
  Object.assign(self, { Module: module });
  await litert.loadLiteRt(folder, { threads });
  const count = litert.getGlobalLiteRt().liteRtWasm.getThreadCount();
  return { litert, threads: threads ? count : 1 };
}

/**
 * Threads need shared memory, which only isolated pages get (COOP and COEP headers).
 *
 * @param {LiteRT} litert
 */
async function canThread(litert) {
  if (!self.crossOriginIsolated) return false;
  const needed = /** @type {const} */ (["threads", "relaxedSimd"]).map(
    litert.supportsFeature,
  );
  return (await Promise.all(needed)).every(Boolean);
}

/**
 * LiteRT writes everything to the standard error, messages of success too.
 *
 * @param {string} line
 */
function log(line) {
  if (/^(INFO|WARNING|VERBOSE)\b/.test(line)) console.debug(line);
  else console.error(line);
}
