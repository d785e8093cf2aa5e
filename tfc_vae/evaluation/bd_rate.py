"""BD-rate: the mean difference in rate between two codecs at equal quality.

A curve is a mapping with two equally long lists, "bpp" (bits per pixel, positive) and
"psnr" (dB); points may come in any order. The logarithm of the rate is interpolated
over the PSNR by monotone cubics (PCHIP) and averaged over the PSNR range that both
curves cover. Bjontegaard, VCEG-M33, 2001, with the interpolation of JCTVC-B055.
"""

import numpy as np


def bd_rate(curve, *, against):
    """Rate of `curve` relative to `against` in percent; negative means fewer bits.

    Raises ValueError if a curve has fewer than two points or one PSNR twice, or if the
    two have no common PSNR range.
    """
    (psnr, log_rate), (psnr_0, log_rate_0) = _by_psnr(curve), _by_psnr(against)
    low, high = max(psnr[0], psnr_0[0]), min(psnr[-1], psnr_0[-1])
    if low >= high:
        raise ValueError(
            f"no common PSNR range: {psnr[0]:.2f} to {psnr[-1]:.2f} dB "
            f"against {psnr_0[0]:.2f} to {psnr_0[-1]:.2f} dB"
        )
    mean = _mean(psnr, log_rate, low, high) - _mean(psnr_0, log_rate_0, low, high)
    return float(100 * (10**mean - 1))


def pchip(x, y, at):
    """Monotone cubic through the points (x, y), evaluated at `at` within [x0, xn].

    x must increase strictly and have at least two points. Fritsch and Carlson, SIAM J.
    Numerical Analysis 17, 1980; slopes of Fritsch and Butland, 1984. Equals
    `scipy.interpolate.PchipInterpolator`.
    """
    x, y, at = (np.asarray(v, np.float64) for v in (x, y, at))
    slope = _slopes(x, y)
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h = x[i + 1] - x[i]
    t = (at - x[i]) / h  # in [0, 1] within the piece
    value = (1 + 2 * t) * (1 - t) ** 2 * y[i] + t**2 * (3 - 2 * t) * y[i + 1]
    return value + h * t * (1 - t) * ((1 - t) * slope[i] - t * slope[i + 1])


def _by_psnr(curve):
    psnr = np.asarray(curve["psnr"], np.float64)
    order = np.argsort(psnr)
    psnr = psnr[order]
    if len(psnr) < 2 or (np.diff(psnr) <= 0).any():
        raise ValueError(f"a curve needs two or more different PSNR, got {psnr}")
    return psnr, np.log10(np.asarray(curve["bpp"], np.float64)[order])


def _mean(x, y, low, high):
    """Mean of the PCHIP over [low, high]: Simpson's rule is exact on its cubics."""
    knots = np.concatenate([[low], x[(x > low) & (x < high)], [high]])
    left, right = knots[:-1], knots[1:]
    ends = pchip(x, y, left) + pchip(x, y, right)
    areas = (right - left) * (ends + 4 * pchip(x, y, (left + right) / 2)) / 6
    return areas.sum() / (high - low)


def _slopes(x, y):
    h, d = np.diff(x), np.diff(y) / np.diff(x)
    if len(d) == 1:
        return np.repeat(d, 2)
    w0, w1 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    same_sign = d[:-1] * d[1:] > 0
    before, after = np.where(same_sign, d[:-1], 1), np.where(same_sign, d[1:], 1)
    inner = np.where(same_sign, (w0 + w1) / (w0 / before + w1 / after), 0)
    first = _end_slope(h[0], h[1], d[0], d[1])
    last = _end_slope(h[-1], h[-2], d[-1], d[-2])
    return np.concatenate([[first], inner, [last]])


def _end_slope(h0, h1, d0, d1):
    """Three-point formula, limited so that the first piece stays monotone."""
    slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if slope * d0 <= 0:
        return 0.0
    if d0 * d1 <= 0 and abs(slope) > 3 * abs(d0):
        return 3 * d0
    return slope
