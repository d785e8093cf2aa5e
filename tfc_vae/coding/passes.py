"""The order in which a file's integers are coded; nothing else knows it.

    z                  hyper-latents, from nothing; each channel has a row of the tables
    then y, in passes  each predicted from z and from what the passes before it decoded

A pass's prediction is exact integers, so sender and receiver walk the same way: one
chooses the values and the other takes them out of the stream. The models so far decode
y in a single pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tfc_vae.coding.tables import CodingError


class Latents(NamedTuple):
    """What one image becomes at one quality: integers, (rows, columns, channels)."""

    z: np.ndarray
    y: np.ndarray  # values that are coded: latents minus their mean, rounded
    mean: np.ndarray  # in 1 / MEAN_STEPS
    index: np.ndarray  # type: ignore[assignment]  # of each y; hides tuple's method


@dataclass(frozen=True)
class Plan:
    """Which rows code z, and in which passes y is decoded.

    Raises:
      CodingError: more passes than this version knows.
    """

    z_channels: int
    first_z: int  # the table row of z's first channel; those before it are y's
    passes: int = 1

    def __post_init__(self):
        if self.passes != 1:
            raise CodingError(f"{self.passes} passes; this version decodes y in one")

    @property
    def z_index(self) -> np.ndarray:
        """The table row of each channel of z, int32 (z_channels,)."""
        return self.first_z + np.arange(self.z_channels, dtype=np.int32)

    def groups(self, latents: Latents) -> list[tuple[np.ndarray, np.ndarray]]:
        """(values, index) of everything that is coded, in its order."""
        z_index = np.broadcast_to(self.z_index, latents.z.shape)
        return [(latents.z, z_index), (latents.y, latents.index)]


def walk(plan: Plan, take: Callable, predict: Callable) -> Latents:
    """Goes through everything that is coded, in its order.

    Args:
      take: (index, mean) -> the values that these table rows code: a receiver pops
        them, a sender quantises. For z, index is `plan.z_index` and mean is None.
      predict: z -> (mean, index) of y.
    """
    z = take(plan.z_index, None)
    mean, index = predict(z)
    return Latents(z, take(index, mean), mean, index)
