"""Tables of the distributions that a scale describes: normal and Laplace."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from tfc_vae.coding.tables import PRECISION, CodingError, Tables, from_pmfs


def gaussian(
    scales: ArrayLike,
    precision: int = PRECISION,
    *,
    tail: float | None = None,
    radius: int = 255,
    skip_below: float = 0.0,
) -> Tables:
    """Makes one row per normal distribution of mean 0, discretised to the integers.

    Args:
      scales: standard deviations, (rows,), positive.
      precision: bits of a frequency.
      tail: a row ends where the probability beyond it is below this; by default
        2**-(precision + 3). Twice or four times that costs as little when the scales
        are right, and more escapes when they are too small.
      radius: no row reaches beyond [-radius, radius].
      skip_below: rows are skipped whose values are not 0 with less than this
        probability.
    """

    def beyond(x, scale):  # accurate far out, where 1 - cdf would cancel
        return 0.5 * math.erfc(x / (scale * math.sqrt(2)))

    return _symmetric(beyond, scales, precision, tail, radius, skip_below)


def laplace(
    scales: ArrayLike,
    precision: int = PRECISION,
    *,
    tail: float | None = None,
    radius: int = 255,
    skip_below: float = 0.0,
) -> Tables:
    """Makes one row per Laplace distribution of mean 0; arguments as of `gaussian`."""

    def beyond(x, scale):
        return 0.5 * math.exp(-x * math.sqrt(2) / scale)

    return _symmetric(beyond, scales, precision, tail, radius, skip_below)


def _symmetric(beyond, scales, precision, tail, radius, skip_below):
    """Tables of a symmetric family; beyond(x, scale): the probability above x > 0."""
    scales = np.asarray(scales, np.float64)
    if scales.ndim != 1 or not (np.isfinite(scales) & (scales > 0)).all():
        raise CodingError("scales must be positive numbers, (rows,)")
    tail = 2.0 ** -(precision + 3) if tail is None else tail
    pmfs = [_pmf(beyond, scale, tail, radius) for scale in scales.tolist()]
    lows = [-(len(pmf) // 2) for pmf in pmfs]
    skip = [2 * beyond(0.5, scale) < skip_below for scale in scales.tolist()]
    return from_pmfs(pmfs, lows, precision, skip=np.array(skip, bool))


def _pmf(beyond, scale, tail, radius):
    """Returns P(-r) to P(r); r is the first with less than `tail` left, or `radius`."""
    upper = [beyond(0.5, scale)]  # upper[v]: the probability of more than v
    while len(upper) <= radius and 2 * upper[-1] >= tail:
        upper.append(beyond(len(upper) + 0.5, scale))
    half = -np.diff(upper)
    return np.concatenate([half[::-1], [1 - 2 * upper[0]], half])
