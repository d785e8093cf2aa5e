"""Large images in bounded memory: windows with a margin as wide as a network sees.

The result equals the unchunked one, because every output is computed from all the
inputs that reach it. The bitstream knows nothing of chunks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIZE = 64  # latents per side of a chunk without its margin: 1024 pixels


class Chunk(NamedTuple):
    """One step; slices of (rows, columns) in latents."""

    window: tuple[slice, slice]  # what the network reads
    inner: tuple[slice, slice]  # the part of its result that is kept
    target: tuple[slice, slice]  # where that part belongs


def plan(height: int, width: int, size: int, halo: int) -> list[Chunk]:
    """Covers every latent exactly once; all windows have the same size.

    Equal windows (shifted at the border, not cut) spare the runtime a new memory plan
    for each chunk.
    """
    rows, columns = _spans(height, size, halo), _spans(width, size, halo)
    return [Chunk(*zip(r, c, strict=True)) for r in rows for c in columns]


def _spans(length, size, halo):
    window = min(size + 2 * halo, length)
    if window == length:
        whole = slice(0, length)
        return [(whole, whole, whole)]
    spans = []
    for start in range(0, length, size):
        stop = min(start + size, length)
        first = min(max(start - halo, 0), length - window)
        spans.append(
            (
                slice(first, first + window),
                slice(start - first, stop - first),
                slice(start, stop),
            )
        )
    return spans


def analyse(networks, pixels, halo, size=SIZE):
    """`networks.analyse` of padded pixels (16 h, 16 w, 3) -> y (h, w, latents)."""
    height, width = pixels.shape[0] // 16, pixels.shape[1] // 16
    y = None
    for chunk in plan(height, width, size, halo):
        part = networks.analyse(pixels[_times_16(chunk.window)])
        if y is None:
            y = np.empty((height, width, part.shape[-1]), part.dtype)
        y[chunk.target] = part[chunk.inner]
    return y


def synthesise(networks, y, mean, quality, halo, size=SIZE):
    """`networks.synthesise` of whole planes -> pixels (16 h, 16 w, 3)."""
    height, width = y.shape[:2]
    pixels = np.empty((16 * height, 16 * width, 3), np.uint8)
    for chunk in plan(height, width, size, halo):
        part = networks.synthesise(y[chunk.window], mean[chunk.window], quality)
        pixels[_times_16(chunk.target)] = part[_times_16(chunk.inner)]
    return pixels


def _times_16(slices):
    return tuple(slice(16 * s.start, 16 * s.stop) for s in slices)
