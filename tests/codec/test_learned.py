"""The whole path: pixels -> bytes -> pixels."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfc_vae import coding, container
from tfc_vae.codec import LearnedCodec, Model, ModelError, TargetError, windows
from tfc_vae.export.modules import Receiver, Sender


@pytest.fixture(scope="module")
def litert(tiny_model_dir):
    return LearnedCodec.load(tiny_model_dir)


@pytest.fixture(scope="module")
def tensorflow(tiny_model_dir):
    return LearnedCodec.load(tiny_model_dir, backend="tf")


@pytest.mark.parametrize("quality", [1, 50, 100])
def test_decompress_of_compress_is_the_evaluation_pass(
    tensorflow, tiny_frozen, photos, quality
):
    """On one runtime to the last bit: quantised and rendered without any coder."""
    image = photos[2][:200, :300]
    rate = tf.constant([quality], tf.float32)
    sender, receiver = Sender(tiny_frozen), Receiver(tiny_frozen)
    coded = sender.functions["encode"](tf.constant(image[None]), rate)
    out = receiver.functions["decode"](coded["z"], coded["symbols"], rate)
    expected = out["pixels"][0, :200, :300].numpy()
    decoded = tensorflow.decompress(tensorflow.compress(image, quality))
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize("quality", [1, 50, 100])
def test_every_runtime_decodes_the_same_symbols_and_pixels(
    litert, tensorflow, tiny_frozen, tiny_model_dir, photos, quality
):
    image = photos[1]
    for sender in (litert, tensorflow):
        data = sender.compress(image, quality)
        header, sections = container.unpack(data)
        ours, theirs = (c.model.unpack(header, sections) for c in (litert, tensorflow))
        for name in ("z", "y", "mean", "index"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
        pixels = [c.decompress(data).astype(int) for c in (litert, tensorflow)]
        frozen = tiny_frozen.decode(ours, header.quality)
        pixels.append(frozen[: image.shape[0], : image.shape[1]].astype(int))
        for other in pixels[1:]:
            assert np.abs(pixels[0] - other).max() <= 1


@pytest.mark.parametrize("quality", [1, 50, 100])
def test_real_size_is_within_a_percent_and_64_bytes_of_the_estimate(
    litert, photos, quality
):
    for image in photos:
        model = litert.model
        coded = model.emit(model.analyse(image), quality)
        rows_z = np.broadcast_to(np.arange(coded.z.shape[2]) + 64, coded.z.shape)
        bits = coding.ideal_bits(coded.z, rows_z, model.tables)
        bits += coding.ideal_bits(coded.y, coded.index, model.tables)
        size = len(litert.compress(image, quality))
        assert bits / 8 <= size <= 1.01 * bits / 8 + 64


def test_container_takes_less_than_64_bytes(litert, photos):
    data = litert.compress(photos[0], 1)
    _, sections = container.unpack(data)
    assert len(data) - sum(map(len, sections.values())) < 64


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (33, 1), (16, 16), (65, 127)])
def test_any_size_comes_back_as_it_was(litert, photos, size):
    image = photos[0][: size[0], : size[1]]
    decoded = litert.decompress(litert.compress(image, 80))
    assert decoded.shape == image.shape and decoded.dtype == np.uint8


def test_windows_change_nothing(litert, photos):
    """Windows of 128 pixels against the whole image: the same integers and pixels."""
    image = photos[3][:500, :395]  # ends within a latent and within a z
    whole, quality = litert.model, 70
    parts = Model(litert.info, litert.networks, tile=8)
    y = whole.analyse(image)
    latents = whole.emit(y, quality)
    np.testing.assert_allclose(parts.analyse(image), y, atol=1e-4)
    for part, expected in zip(parts.emit(y, quality), latents, strict=True):
        np.testing.assert_array_equal(part, expected)
    pixels = [model.render(latents, quality).astype(int) for model in (parts, whole)]
    assert np.abs(pixels[0] - pixels[1]).max() <= 1
    data = litert.compress(image, quality)
    for found in (parts, whole):
        for part, expected in zip(
            found.unpack(*container.unpack(data)), latents, strict=True
        ):
            np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 30), (12, 5), (23, 41)])
@pytest.mark.parametrize("halo", [0, 2, 6])
def test_windows_cover_every_latent_once_with_its_margin(height, width, halo):
    hits = np.zeros((height, width), int)
    shapes = set()
    for at in windows.cover(height, width, 5, halo):
        hits[at.target] += 1
        rows, columns = at.window
        shapes.add((rows.stop - rows.start, columns.stop - columns.start))
        for window, target, length in zip(
            at.window, at.target, (height, width), strict=True
        ):
            assert window.start <= max(target.start - halo, 0)
            assert window.stop >= min(target.stop + halo, length)
        inner = np.arange(height)[rows][at.inner[0]]
        assert inner.tolist() == np.arange(height)[at.target[0]].tolist()
    assert (hits == 1).all()
    assert len(shapes) == 1


def test_size_target_is_met_from_below_and_nothing_larger_fits(litert, photos):
    image = photos[0]
    low, high = (len(litert.compress(image, q)) for q in (1, 100))
    target = (low + high) // 2
    data = litert.compress_to_size(image, target)
    header, _ = container.unpack(data)
    assert len(data) <= target
    assert len(litert.compress(image, header.quality + 1 / 256)) > target


def test_psnr_target_is_reached_by_the_smallest_quality(litert, photos):
    image = photos[0]

    def psnr(data):
        error = np.square(litert.decompress(data).astype(float) - image).mean()
        return 10 * np.log10(255**2 / error)

    low, high = (psnr(litert.compress(image, q)) for q in (1, 100))
    target = (low + high) / 2
    data = litert.compress_to_psnr(image, target)
    header, _ = container.unpack(data)
    assert psnr(data) >= target
    assert psnr(litert.compress(image, header.quality - 1 / 256)) < target


def test_impossible_targets_say_what_is_possible(litert, photos):
    image = photos[0]
    smallest = len(litert.compress(image, 1))
    with pytest.raises(TargetError, match=f"takes {smallest} to"):
        litert.compress_to_size(image, 100)
    with pytest.raises(TargetError, match=r"no quality reaches 90 dB: .* to \d+"):
        litert.compress_to_psnr(image, 90)


def test_a_target_beyond_the_top_gives_the_top(litert, photos):
    data = litert.compress_to_size(photos[0], 10**9)
    assert container.unpack(data)[0].quality == 100


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8)],
)
def test_other_arrays_are_refused(litert, image):
    with pytest.raises(ValueError, match=r"expected uint8 \(H, W, 3\)"):
        litert.compress(image)


def test_unknown_models_and_backends_are_errors(tiny_model_dir):
    with pytest.raises(ModelError, match="no model 'nope'; expected a folder or one"):
        LearnedCodec.load("nope")
    with pytest.raises(ModelError, match="no backend 'onnx'; there is litert, tf"):
        LearnedCodec.load(tiny_model_dir, backend="onnx")


def test_a_strip_that_claims_too_many_latents_is_refused(litert, photos):
    header, sections = container.unpack(litert.compress(photos[0][:1], 1))
    strip = dataclasses.replace(header, height=1, width=container.MAX_PIXELS)
    with pytest.raises(container.FormatError, match="too large"):
        litert.decompress(container.pack(strip, sections))
