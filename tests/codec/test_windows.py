"""Windows of networks with transposed convolutions and GDN, as published."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfc_vae import models
from tfc_vae.codec.windows import Windowed
from tfc_vae.coding.geometry import padding, z_shape
from tfc_vae.export import freeze

QUALITY = 60.0
TILE = 4  # latents


class Networks:
    """`codec.Networks` of what `freeze` returns, without any file."""

    def __init__(self, frozen):
        self._frozen = frozen

    def __getattr__(self, name):
        method = getattr(self._frozen, name)

        def call(*planes):
            values = [
                tf.constant(p, tf.float32 if np.isscalar(p) else None)[tf.newaxis]
                for p in planes
            ]
            results = method(*values)
            if isinstance(results, tuple):
                return tuple(plane[0].numpy() for plane in results)
            return results[0].numpy()

        return call


@pytest.fixture(scope="module")
def frozen(photos):
    small = {"filters": 8, "latents": 12, "hyper_filters": 8}
    config = dataclasses.replace(models.preset("mbt2018-mean"), **small)
    model = models.build(config)
    last = model.hyper_synthesis.layers[-1].kernel
    last.assign(100 * last)  # untrained, it predicts zeros
    return freeze(model, [photos[0][:128, :192]])


@pytest.fixture(scope="module")
def networks(frozen):
    return Networks(frozen)


def windowed(frozen, networks, **halo):
    channels = {"y": frozen.config.latents, "z": frozen.config.hyper_filters}
    return Windowed(networks, channels, {**models.halos(frozen.model), **halo}, TILE)


@pytest.fixture(scope="module")
def image(photos):
    image = photos[3][:215, :330]  # ends within a latent and within a z
    bottom, right = padding(*image.shape[:2])
    return np.pad(image, ((0, bottom), (0, right), (0, 0)), "edge")


def test_windows_change_nothing_of_published_networks(frozen, networks, image):
    parts = windowed(frozen, networks)
    y = networks.analyse(image)
    np.testing.assert_allclose(parts.analyse(image), y, rtol=1e-5, atol=1e-5)
    z = parts.hyper_analyse(y, QUALITY)
    assert z.shape[:2] == z_shape(*y.shape[:2]) and y.shape[0] % 4 and y.shape[1] % 4
    np.testing.assert_array_equal(z, networks.hyper_analyse(y, QUALITY))
    mean, index = parts.predict(z, QUALITY, y.shape)
    for part, whole in zip((mean, index), networks.predict(z, QUALITY), strict=True):
        np.testing.assert_array_equal(part, whole[: y.shape[0], : y.shape[1]])
    values = parts.quantise(y, QUALITY, mean, index)
    mean, index = mean.astype(np.int32), index.astype(np.int32)
    np.testing.assert_array_equal(values, networks.quantise(y, QUALITY, mean, index))
    values = values.astype(np.int32)
    pixels = parts.synthesise(values, mean, QUALITY)
    whole = networks.synthesise(values, mean, QUALITY)
    assert np.abs(pixels.astype(int) - whole).max() <= 1


def test_a_smaller_margin_would_change_something(frozen, networks, image):
    """Kills: a halo that is one too small in every network."""
    found = models.halos(frozen.model)
    less = {name: seen - 1 for name, seen in found.items() if seen}
    parts = windowed(frozen, networks, **less)
    y = networks.analyse(image)
    assert np.abs(parts.analyse(image) - y).max() > 1e-3
    z = np.random.default_rng(0).integers(-9, 9, (*z_shape(*y.shape[:2]), 8), np.int32)
    mean, _ = parts.predict(z, QUALITY, y.shape)
    assert (mean != networks.predict(z, QUALITY)[0][: len(y), : y.shape[1]]).any()
    values = np.random.default_rng(1).integers(-99, 99, y.shape, np.int32)
    mean = np.zeros(y.shape, np.int32)
    pixels = parts.synthesise(values, mean, QUALITY)
    whole = networks.synthesise(values, mean, QUALITY)
    assert np.abs(pixels.astype(int) - whole).max() > 1
