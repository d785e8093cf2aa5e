"""The one door from floats to integers.

After `freeze`, everything the receiver must reproduce is an integer: the network that
predicts mean and table index of every latent, and the frequency tables. What stays in
float (analysis, hyper analysis, synthesis) decides no symbol on the receiver's side.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfc_vae import coding
from tfc_vae import config as config_module
from tfc_vae.coding.integer import IntegerLayer
from tfc_vae.coding.tables import Tables
from tfc_vae.config import ModelConfig
from tfc_vae.export.integers import Z_MAX, quantise
from tfc_vae.layers.integer import IntegerConv, apply, integer_conv
from tfc_vae.models import Hyperprior
from tfc_vae.models.hyperprior import INDEX_START, INDEX_UNIT
from tfc_vae.models.priors import SCALES, scale_table

MEAN_STEPS = 16  # the mean is an integer in sixteenths of a latent step
MEAN_MAX = 2**15 - 1  # in those sixteenths
Y_MAX = 2**15 - 1  # symbols fit the container's 16-bit escapes
# Latents whose scale is in one of the first rows are zero by definition: they are
# not coded at all. Row 2 is a scale of 0.135, where one symbol in 5,000 is not zero.
SKIPPED_ROWS = 3


class Coded(NamedTuple):
    """What one image becomes: integers only, shapes (h, w, channels)."""

    z: np.ndarray
    y: np.ndarray
    mean: np.ndarray  # in sixteenths
    index: np.ndarray  # table rows of y


@dataclass(frozen=True)
class Frozen:
    """A trained model as integers and float networks."""

    config: ModelConfig
    model: Hyperprior
    hyper: tuple[IntegerLayer, ...]
    tables: Tables  # rows 0 to 63: scales of y; then one row per channel of z
    model_id: bytes  # 8 bytes: a hash of all that decides the receiver's result

    # Each method is a TensorFlow function of tensors with a leading batch dimension,
    # from which the exports are traced; quality is float32 (b,), 1 to 100.

    def analyse(self, pixels):
        """uint8 (b, h, w, 3), h and w multiples of 16 -> y float (b, h/16, w/16, m)."""
        return self.model.analysis(tf.cast(pixels, tf.float32) * (1 / 255))

    def hyper_analyse(self, y, quality):
        """y -> z int32 (b, ceil(h/64), ceil(w/64), k)."""
        y = y * self.gain(quality)
        z = self.model.hyper_analysis(y if self.model.has_mean else tf.abs(y))
        return tf.cast(tf.clip_by_value(tf.round(z), -Z_MAX, Z_MAX), tf.int32)

    def predict(self, z):
        """z int32 -> (mean int32 in sixteenths, index int32): exact everywhere.

        Both are as large as z times four: up to three rows and columns too many.
        """
        z = tf.clip_by_value(tf.cast(z, tf.float32), -Z_MAX, Z_MAX)
        for layer in self.hyper_convs:
            z = apply(layer, z)
        out = tf.cast(z, tf.int32)
        if not self.model.has_mean:
            return tf.zeros_like(out), out
        mean, index = tf.split(out, 2, axis=-1)
        return mean, index

    def quantise(self, y, quality, mean, index):
        """y and its prediction -> symbols int32, zero where the table says skip."""
        residual = y * self.gain(quality) - tf.cast(mean, tf.float32) / MEAN_STEPS
        symbols = tf.clip_by_value(tf.round(residual), -Y_MAX, Y_MAX)
        return tf.cast(tf.where(index < SKIPPED_ROWS, 0.0, symbols), tf.int32)

    def synthesise(self, y, mean, quality):
        """Symbols and mean -> pixels uint8 (b, 16 h, 16 w, 3)."""
        y_hat = tf.cast(y, tf.float32) + tf.cast(mean, tf.float32) / MEAN_STEPS
        x_hat = self.model.synthesis(y_hat * self.inverse_gain(quality)) * 255.0
        return tf.cast(tf.clip_by_value(tf.round(x_hat), 0.0, 255.0), tf.uint8)

    @cached_property
    def hyper_convs(self) -> tuple[IntegerConv, ...]:
        """The integer network as TensorFlow variables."""
        return tuple(integer_conv(layer) for layer in self.hyper)

    def gain(self, quality):
        """Factor of y before quantisation, (b, 1, 1, m)."""
        return self.model.gains(self._position(quality))

    def inverse_gain(self, quality):
        """Factor of y_hat before the synthesis, (b, 1, 1, m)."""
        return self.model.gains.inverse(self._position(quality))

    def _position(self, quality):
        last = len(self.config.lmbdas) - 1
        return (tf.clip_by_value(quality, 1.0, 100.0) - 1) * (last / 99)

    def encode(self, pixels, quality) -> Coded:
        """Padded uint8 pixels (h, w, 3) -> integers: the sender without its coder."""
        quality = tf.constant([quality], tf.float32)
        y = self.analyse(tf.constant(pixels)[tf.newaxis])
        z = self.hyper_analyse(y, quality)
        height, width = y.shape[1:3]
        mean, index = (t[:, :height, :width] for t in self.predict(z))
        symbols = self.quantise(y, quality, mean, index)
        return Coded(*(t[0].numpy() for t in (z, symbols, mean, index)))

    def decode(self, coded: Coded, quality):
        """Integers -> uint8 pixels (16 h, 16 w, 3): the receiver without its coder."""
        quality = tf.constant([quality], tf.float32)
        return self.synthesise(coded.y[None], coded.mean[None], quality)[0].numpy()


def freeze(model: Hyperprior, photos) -> Frozen:
    """Turns a trained model into integers.

    photos: a few uint8 images (h, w, 3), h and w multiples of 64; they only set the
    ranges of the integer network's activations. Raises ValueError if an accumulator
    could leave the range where float32 is exact.
    """
    hyper = quantise(model.hyper_synthesis, _z_samples(model, photos), _heads(model))
    tables = _tables(model)
    identity = _identity(model, hyper, tables)
    return Frozen(model.config, model, hyper, tables, identity)


def _z_samples(model, photos):
    points = np.linspace(0, len(model.config.lmbdas) - 1, 4)
    samples = []
    for photo in photos:
        y = model.analysis(tf.constant(photo[np.newaxis] / 255.0, tf.float32))
        for position in points:
            gained = y * model.gains(tf.constant([position], tf.float32))
            z = model.hyper_analysis(gained if model.has_mean else tf.abs(gained))
            samples.append(np.clip(np.rint(z[0].numpy()), -Z_MAX, Z_MAX))
    return samples


def _heads(model):
    """(factor, offset, low, high) of each output channel of the hyper synthesis."""
    m = model.config.latents
    index = [np.full(m, v) for v in (INDEX_UNIT, INDEX_START, 0.0, SCALES - 1.0)]
    if not model.has_mean:
        return index
    mean = [np.full(m, v) for v in (MEAN_STEPS, 0.0, -MEAN_MAX, MEAN_MAX)]
    return [np.concatenate(pair) for pair in zip(mean, index, strict=True)]


def _tables(model):
    scales = scale_table()
    y = coding.gaussian(scales, skip_below=scales[SKIPPED_ROWS])
    z = coding.from_pmfs(*_trimmed(model.prior_z.pmf(Z_MAX)))
    return coding.concatenate(y, z)


def _trimmed(pmfs):
    """Cuts each row to the values that are not all but impossible."""
    kept, lows = [], []
    for pmf in pmfs:
        likely = np.flatnonzero(pmf > 2e-5)
        first, last = (likely[0], likely[-1]) if likely.size else (Z_MAX, Z_MAX)
        kept.append(np.asarray(pmf[first : last + 1], np.float64))
        lows.append(first - Z_MAX)
    return kept, np.array(lows, np.int32)


def _identity(model, hyper, tables):
    """Hashes what decides the receiver's result, in a fixed order and type."""
    digest = hashlib.sha256()
    text = json.dumps(config_module.to_dict(model.config), sort_keys=True)
    digest.update(text.encode())
    for layer in hyper:
        form = (layer.input_max, layer.transpose, layer.stride, layer.up)
        digest.update(repr(form).encode())
        for part in (layer.kernel, layer.bias, layer.shift, layer.low, layer.high):
            digest.update(np.ascontiguousarray(part, "<i8").tobytes())
    digest.update(str(tables.precision).encode())
    for part in (tables.low, tables.size, tables.frequencies, tables.skip):
        digest.update(np.ascontiguousarray(part, "<i8").tobytes())
    floats = [*model.synthesis.get_weights(), model.gains.log_inverse.numpy()]
    for part in floats:
        digest.update(np.ascontiguousarray(part, "<f4").tobytes())
    return digest.digest()[:8]
