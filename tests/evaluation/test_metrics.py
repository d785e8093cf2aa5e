import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tfc_vae.evaluation.metrics import (
    SMALLEST_SIDE,
    _ssim_terms,
    decibels,
    ms_ssim,
    psnr,
)


def noisy_pair(height, width, amplitude, seed=0):
    """A smooth random image and the same with noise added, uint8 (H, W, 3)."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, size=(height // 8 + 1, width // 8 + 1, 3))
    image = np.kron(coarse, np.ones((8, 8, 1)))[:height, :width]
    noise = rng.normal(0, amplitude, image.shape)
    return tuple(np.clip(x, 0, 255).astype(np.uint8) for x in (image, image + noise))


@pytest.mark.parametrize("step", [1, 5, 255])
def test_psnr_of_a_constant_offset_is_the_closed_form(step):
    a = np.zeros((4, 5, 3), np.uint8)
    assert psnr(a, a + np.uint8(step)) == pytest.approx(20 * math.log10(255 / step))


def test_equal_images_have_infinite_psnr_and_ms_ssim_one():
    image, _ = noisy_pair(176, 180, 0)
    assert psnr(image, image) == math.inf
    assert ms_ssim(image, image) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("shape", [(176, 176), (181, 203), (256, 384)])
@pytest.mark.parametrize("amplitude", [3, 40])
def test_ms_ssim_equals_tensorflow(shape, amplitude):
    import tensorflow as tf

    a, b = noisy_pair(*shape, amplitude)
    expected = float(tf.image.ssim_multiscale(a, b, max_val=255))
    # 1e-4: in TensorFlow's float32, E[x^2] - E[x]^2 loses four digits.
    assert ms_ssim(a, b) == pytest.approx(expected, abs=1e-4)


def test_one_scale_equals_scipys_gaussian_filter_in_double_precision():
    x, y = (image[..., 0].astype(float) for image in noisy_pair(181, 203, 20))

    def blur(image):
        return gaussian_filter(image, 1.5, radius=5)[5:-5, 5:-5]

    mean_x, mean_y = blur(x), blur(y)
    covariance = blur(x * y) - mean_x * mean_y
    variances = blur(x * x) - mean_x**2 + blur(y * y) - mean_y**2
    c1, c2 = 6.5025, 58.5225  # (0.01 * 255)^2, (0.03 * 255)^2
    luminance, contrast = _ssim_terms(x, y)
    expected = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    np.testing.assert_allclose(luminance, expected, rtol=1e-12)
    expected = (2 * covariance + c2) / (variances + c2)
    np.testing.assert_allclose(contrast, expected, rtol=1e-9, atol=1e-10)


def test_ms_ssim_of_two_flat_images_is_the_luminance_term_alone():
    a = np.full((176, 200, 3), 100, np.uint8)
    b = np.full((176, 200, 3), 50, np.uint8)
    c1 = (0.01 * 255) ** 2
    luminance = (2 * 100 * 50 + c1) / (100**2 + 50**2 + c1)
    assert ms_ssim(a, b) == pytest.approx(luminance**0.1333)


def test_ms_ssim_of_an_inverted_image_is_zero_not_a_nan():
    image, _ = noisy_pair(176, 176, 0)
    assert ms_ssim(image, 255 - image) == 0


@pytest.mark.parametrize("shape", [(175, 400), (400, 175)])
def test_ms_ssim_refuses_an_image_with_a_side_under_176(shape):
    a, b = noisy_pair(*shape, 10)
    with pytest.raises(ValueError, match=f"at least {SMALLEST_SIDE} pixels"):
        ms_ssim(a, b)


@pytest.mark.parametrize(
    "other", [np.zeros((4, 4, 3), np.float32), np.zeros((4, 4), np.uint8)]
)
def test_only_8_bit_rgb_is_compared(other):
    with pytest.raises(ValueError, match="expected uint8"):
        psnr(np.zeros((4, 4, 3), np.uint8), other)


def test_images_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="different sizes"):
        psnr(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 1, 3), np.uint8))


def test_decibels_count_nines():
    assert decibels(0.9) == pytest.approx(10)
    assert decibels(0.99) == pytest.approx(20)
    assert decibels(1) == math.inf
