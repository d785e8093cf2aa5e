/**
 * Large images in bounded memory: windows with a margin as wide as a network sees, so
 * that the result equals the unchunked one. The same windows as in
 * `tfc_vae/codec/windows.py`; the bitstream knows nothing of them.
 *
 * @import { Shape } from "./geometry.js"
 * @import { Data, Plane, Range } from "./planes.js"
 *
 * @typedef {{window: Range, inner: Range, target: Range}} Span what a network reads,
 *   the part of its result that is kept, and where that belongs
 * @typedef {Shape & {size: number, halo: number}} Grid in its own unit
 * @typedef {(...windows: Plane<any>[]) => Promise<Plane<Data>[]>} Network
 * @typedef {[plane: Plane<Data>, factor: number]} Scaled a plane with `factor` times as
 *   many rows and columns as the grid
 */

import { crop, paste } from "./planes.js";

export const SIZE = 64; // latents per side of a chunk without its margin: 1024 pixels

/**
 * Covers 0 to length exactly once. All windows have one size: shifted at the border,
 * not cut, so that one compiled network serves all.
 *
 * @param {number} length
 * @param {number} size
 * @param {number} halo
 * @returns {Span[]}
 */
export function spans(length, size, halo) {
  const window = Math.min(size + 2 * halo, length);
  if (window === length) {
    return [{ window: [0, length], inner: [0, length], target: [0, length] }];
  }
  /** @type {Span[]} */
  const found = [];
  for (let start = 0; start < length; start += size) {
    const stop = Math.min(start + size, length);
    const first = Math.min(Math.max(start - halo, 0), length - window);
    found.push({
      window: [first, first + window],
      inner: [start - first, stop - first],
      target: [start, stop],
    });
  }
  return found;
}

/**
 * Rows times columns of `spans`.
 *
 * @param {Grid} grid
 */
function chunksOf({ height, width, size, halo }) {
  const columns = spans(width, size, halo);
  return spans(height, size, halo).flatMap((row) =>
    columns.map((column) => ({ row, column })),
  );
}

/**
 * Runs a network in windows over a grid.
 *
 * @param {Grid} grid
 * @param {Scaled[]} sources what the windows are read from
 * @param {Scaled[]} targets what the results are written to, in their order
 * @param {Network} network
 * @param {(share: number) => void} report called with what is done, 0 to 1
 */
export async function run(grid, sources, targets, network, report) {
  const chunks = chunksOf(grid);
  for (const [done, { row, column }] of chunks.entries()) {
    report(done / chunks.length);
    const windows = sources.map(([source, factor]) =>
      crop(source, times(factor, row.window), times(factor, column.window)),
    );
    const results = await network(...windows);
    for (const [i, [target, factor]] of targets.entries()) {
      const rows = times(factor, row.inner);
      const columns = times(factor, column.inner);
      const [top, left] = [row, column].map((span) => factor * span.target[0]);
      paste(results[i], rows, columns, target, top, left);
    }
  }
  report(1);
}

/**
 * @param {number} factor
 * @param {Range} range
 * @returns {Range}
 */
function times(factor, [start, stop]) {
  return [factor * start, factor * stop];
}
