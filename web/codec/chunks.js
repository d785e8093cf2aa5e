/**
 * Large images in bounded memory: windows with a margin as wide as a network sees, so
 * that the result equals the unchunked one. The same windows as in
 * `tfc_vae/codec/chunks.py`; the bitstream knows nothing of them.
 */

import { crop, paste } from "./planes.js";

export const SIZE = 64; // latents per side of a chunk without its margin: 1024 pixels

/**
 * Covers 0 to length exactly once with steps {window, inner, target}: what the network
 * reads, the part of its result that is kept, and where that belongs. All windows have
 * one size: shifted at the border, not cut, so that one compiled network serves all.
 */
export function spans(length, size, halo) {
  const window = Math.min(size + 2 * halo, length);
  if (window === length) {
    return [{ window: [0, length], inner: [0, length], target: [0, length] }];
  }
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

/** Rows times columns of `spans`. */
function chunksOf(height, width, size, halo) {
  const columns = spans(width, size, halo);
  return spans(height, size, halo).flatMap((row) =>
    columns.map((column) => ({ row, column })),
  );
}

/**
 * Runs a network in windows over a grid of height x width.
 *
 * @param grid {height, width, size, halo}, in its own unit
 * @param sources [plane, factor] pairs: a window is read at `factor` times the grid
 * @param targets [plane, factor] pairs, written likewise, in the order of the results
 * @param network async (...windows) => array of planes
 * @param report called with the share that is done, 0 to 1
 */
export async function run(grid, sources, targets, network, report) {
  const chunks = chunksOf(grid.height, grid.width, grid.size, grid.halo);
  for (const [done, { row, column }] of chunks.entries()) {
    report(done / chunks.length);
    const windows = sources.map(([source, factor]) =>
      crop(source, times(factor, row.window), times(factor, column.window)),
    );
    const results = await network(...windows);
    for (const [i, [target, factor]] of targets.entries()) {
      const inner = [times(factor, row.inner), times(factor, column.inner)];
      const at = [factor * row.target[0], factor * column.target[0]];
      paste(results[i], ...inner, target, ...at);
    }
  }
  report(1);
}

function times(factor, range) {
  return range.map((position) => factor * position);
}
