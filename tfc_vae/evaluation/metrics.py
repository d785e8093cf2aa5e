"""Distortion between two 8-bit images: PSNR and MS-SSIM.

Both take uint8 arrays (H, W, 3) and compare the RGB values as they are stored. Both
raise ValueError for other types or for two shapes that differ.
"""

import math

import numpy as np

# Exponents of the five scales, finest first: Wang, Simoncelli and Bovik, "Multiscale
# structural similarity for image quality assessment", Asilomar 2003.
WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
TAPS, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
SMALLEST_SIDE = TAPS * 2 ** (len(WEIGHTS) - 1)  # 176: the window fits the last scale


def psnr(a, b):
    """Peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE); inf if a equals b."""
    _check(a, b)
    error = np.square(a.astype(np.float64) - b).mean()
    return math.inf if error == 0 else float(10 * np.log10(255**2 / error))


def ms_ssim(a, b):
    """Multi-scale structural similarity in [0, 1]; 1 if a equals b.

    Computed for each colour channel, then averaged, as `tf.image.ssim_multiscale`
    does. Raises ValueError if a side is under 176 pixels.
    """
    _check(a, b)
    if min(a.shape[:2]) < SMALLEST_SIDE:
        raise ValueError(
            f"MS-SSIM needs both sides to have at least {SMALLEST_SIDE} pixels, "
            f"the image has {a.shape[1]}x{a.shape[0]}"
        )
    planes = zip(_planes(a), _planes(b), strict=True)
    return float(np.mean([_ms_ssim_of_plane(x, y) for x, y in planes]))


def decibels(similarity):
    """MS-SSIM on the scale of the field's plots, -10 log10(1 - MS-SSIM), in dB."""
    return math.inf if similarity >= 1 else -10 * math.log10(1 - similarity)


def _check(a, b):
    for image in (a, b):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f"expected uint8 (H, W, 3), got {image.dtype} {image.shape}"
            )
    if a.shape != b.shape:
        raise ValueError(f"images of different sizes: {a.shape} and {b.shape}")


def _planes(image):
    return np.moveaxis(image, -1, 0).astype(np.float64)  # (3, H, W), contiguous


def _ms_ssim_of_plane(x, y):
    terms = []
    for scale in range(len(WEIGHTS)):
        if scale:
            x, y = _halve(x), _halve(y)
        luminance, contrast = _ssim_terms(x, y)
        terms.append(contrast.mean())
    terms[-1] = (luminance * contrast).mean()  # luminance counts at the last scale
    return np.prod(np.maximum(terms, 0) ** WEIGHTS)


def _ssim_terms(x, y):
    """Luminance and contrast-structure maps of SSIM, each (H - 10, W - 10)."""
    mean_x, mean_y = _blur(x), _blur(y)
    product, squares = mean_x * mean_y, mean_x**2 + mean_y**2
    luminance = (2 * product + C1) / (squares + C1)
    covariance = _blur(x * y) - product
    variances = _blur(x * x + y * y) - squares
    return luminance, (2 * covariance + C2) / (variances + C2)


def _blur(x):
    """Gaussian window, separable, valid positions only: (H, W) -> (H - 10, W - 10)."""
    return _blur_rows(_blur_rows(x).T).T


def _blur_rows(x):
    half = TAPS // 2
    window = np.exp(-0.5 * (np.arange(-half, half + 1) / SIGMA) ** 2)
    window /= window.sum()
    size = len(x) - 2 * half
    out = window[half] * x[half : half + size]
    for i in range(half):  # the window is symmetric: one product for two taps
        mirror = TAPS - 1 - i
        out += window[i] * (x[i : i + size] + x[mirror : mirror + size])
    return out


def _halve(x):
    """Mean of each 2x2 block; an odd last row or column is repeated."""
    x = np.pad(x, [(0, side % 2) for side in x.shape], mode="edge")
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4
