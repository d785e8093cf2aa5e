"""Two protocols: what compresses images, and what runs the networks for it."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class ImageCodec(Protocol):
    """Anything that turns pixels into bytes and back; pixels are uint8 (H, W, 3)."""

    name: str

    def compress(self, image: np.ndarray) -> bytes: ...

    def decompress(self, data: bytes) -> np.ndarray: ...


class Networks(Protocol):
    """The networks of one model on one runtime; no batch dimension, NumPy arrays.

    quality is a float from 1 to 100. `predict` is exact on every runtime.
    """

    def analyse(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 (h, w, 3), multiples of 16 -> y float32 (h/16, w/16, latents)."""
        ...

    def hyper_analyse(self, y: np.ndarray, quality: float) -> np.ndarray:
        """y -> z int32, a quarter as high and wide, rounded up."""
        ...

    def predict(self, z: np.ndarray, quality: float) -> tuple[np.ndarray, np.ndarray]:
        """z -> (mean in sixteenths, table row), int32, four times as high and wide."""
        ...

    def quantise(
        self, y: np.ndarray, quality: float, mean: np.ndarray, index: np.ndarray
    ) -> np.ndarray:
        """y and its prediction -> symbols int32."""
        ...

    def synthesise(self, y: np.ndarray, mean: np.ndarray, quality: float) -> np.ndarray:
        """Symbols and mean -> uint8 (16 h, 16 w, 3)."""
        ...
