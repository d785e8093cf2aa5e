"""--target-bpp, --target-size, --target-psnr."""

import pytest

import tfc_vae
from tfc_vae import container, evaluation

COMPRESS = ("compress", "--model", "tiny")
TOP = 25600  # the highest quality, in steps of 1/256


@pytest.fixture
def compressed(cli, photo_path):
    def run(*options):
        path = photo_path.with_name("a.tfcv")
        assert cli(*COMPRESS, "--force", *options, photo_path, path) == (0, "", [])
        return path.read_bytes()

    return run


@pytest.fixture
def at_step(photo, tiny):
    return lambda step: tfc_vae.compress(photo, step / 256, tiny)


@pytest.fixture
def middle(at_step):
    """A size in the middle of what is possible."""
    return (len(at_step(256)) + len(at_step(TOP))) // 2


def test_a_size_is_met_from_below_and_the_next_step_would_not_fit(
    compressed, at_step, middle
):
    data = compressed("--target-size", middle)
    assert len(data) <= middle
    step = container.read_header(data).quality_q8
    assert step < TOP and len(at_step(step + 1)) > middle


def test_bits_per_pixel_are_those_of_the_image_not_of_the_padded_one(
    compressed, middle, photo
):
    pixels = photo.shape[0] * photo.shape[1]  # 120 x 150: neither is a multiple of 16
    possible = len(compressed("--target-size", middle))
    data = compressed("--target-bpp", (8 * possible + 4) / pixels)
    assert len(data) == possible
    data = compressed("--target-bpp", (8 * possible - 4) / pixels)
    assert len(data) < possible  # half a byte less does not round up


def test_a_size_that_is_never_reached_gives_the_best_quality(compressed):
    data = compressed("--target-size", 10**6)
    assert container.read_header(data).quality_q8 == TOP


def test_psnr_is_reached_and_one_step_less_would_not_do(compressed, at_step, photo):
    def similarity(data):
        return evaluation.psnr(photo, tfc_vae.decompress(data))

    wanted = (similarity(at_step(256)) + similarity(at_step(TOP))) / 2
    data = compressed("--target-psnr", wanted)
    assert similarity(data) >= wanted
    step = container.read_header(data).quality_q8
    assert similarity(at_step(step - 1)) < wanted


def test_impossible_targets_are_refused_with_the_range(
    fails, at_step, photo_path, tmp_path
):
    smallest, largest = len(at_step(256)), len(at_step(TOP))
    for option in (
        ("--target-size", 0),
        ("--target-size", -5),
        ("--target-size", smallest - 1),
        ("--target-bpp", 0.001),
    ):
        line = fails(*COMPRESS, *option, photo_path, tmp_path / "a.tfcv")
        assert f"{smallest} to {largest} bytes" in line
    line = fails(*COMPRESS, "--target-psnr", 90, photo_path, tmp_path / "a.tfcv")
    assert "90.0 dB" in line and " to " in line
