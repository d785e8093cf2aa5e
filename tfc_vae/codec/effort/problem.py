"""One image at one quality: what its values cost, and how they may move."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from tfc_vae.codec.effort import choices
from tfc_vae.codec.effort.gradients import gradients
from tfc_vae.codec.levels import GRADIENTS
from tfc_vae.codec.model import Model
from tfc_vae.coding import Latents
from tfc_vae.coding.geometry import MEAN_STEPS
from tfc_vae.coding.rate_points import STEPS

# Errors that are judged one by one, and are not corrected later, add up: twice the
# weight of one alone. Six photographs not from Kodak: BD-rate -2.2 %, with the single
# weight +0.4 %.
ALONE = 2 * choices.CURVATURE
_STRIP = 64  # rows of latents at once: bounded memory


class Problem:
    """What every stage of a search works on.

    y: what `Model.analyse` says of the image, uint8 (H, W, 3). level: of the search;
    raises `EffortError` where its gradients cannot be had.
    """

    def __init__(
        self, model: Model, image: np.ndarray, y: np.ndarray, q8: int, level: int
    ):
        self.model, self.image, self.quality = model, image, q8 / STEPS
        self.y, self.gain = y, model.info.gain(self.quality)
        self.lmbda = model.info.lmbda(self.quality)
        if level >= GRADIENTS:
            found = gradients(model.info.folder, tuple(model.info.halo.items()))
            self.gradients = found.of(image, y.shape, self.quality)
        self.plain = model.emit(y, self.quality)

    @cached_property
    def cheapest(self) -> choices.Choices:
        model = self.model
        return choices.cheapest(model.tables, model.plan.first_z, choices.CURVATURE)

    @cached_property
    def unrounded(self) -> np.ndarray:
        """The latents as the analysis has them, in latent steps."""
        return self.y * self.gain

    def lagrangian(self, latents: Latents) -> float:
        error = self.model.squared_error(self.image, latents, self.quality)
        return self.model.bits(latents) + self.lmbda * error

    def dead_zone(self, latents: Latents) -> Latents:
        """The values of level 2 for a prediction."""
        found = latents.mean, latents.index
        return latents._replace(y=dead_zone(self.model, self.y, self.quality, *found))

    def predicted(self, z: np.ndarray) -> Latents:
        """Another z, with what the receiver will predict from it; y is level 2's."""
        return self.dead_zone(self.model.predict(z, self.quality, self.y.shape))

    def missing(self, latents: Latents) -> np.ndarray:
        """What the latents of the decoded pixels lack, float32, in latent steps."""
        height, width = self.image.shape[:2]
        seen = self.model.render(latents, self.quality)[:height, :width]
        return (self.y - self.model.analyse(seen)) * self.gain


def mean_of(latents: Latents) -> np.ndarray:
    """The prediction in latent steps, float32."""
    return latents.mean.astype(np.float32) * np.float32(1 / MEAN_STEPS)


def dead_zone(
    model: Model, y: np.ndarray, quality: float, mean: np.ndarray, index: np.ndarray
) -> np.ndarray:
    """y and its prediction -> values, int16; zero where that is cheaper."""
    gain = model.info.gain(quality)
    table = _dead_zone_table(model.tables, model.plan.first_z)
    values = np.zeros(y.shape, np.int16)
    for top in range(0, len(y), _STRIP):
        rows = slice(top, top + _STRIP)
        live = np.flatnonzero(~model.tables.skip[index[rows]])
        scaled = (y[rows] * gain).ravel()[live]
        targets = scaled - mean[rows].ravel()[live] * np.float32(1 / MEAN_STEPS)
        chosen = choices.choose(table, targets, index[rows].ravel()[live])
        values[rows].ravel()[live] = chosen
    return values


@lru_cache(maxsize=4)
def _dead_zone_table(tables, rows):
    return choices.nearest_or_zero(tables, rows, ALONE)
