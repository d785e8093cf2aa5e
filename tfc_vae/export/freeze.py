"""The one door from floats to integers.

After `freeze`, everything the receiver must reproduce is an integer: the network that
predicts mean and table index of every latent, and the frequency tables. What stays in
float (analysis, hyper analysis, synthesis) decides no symbol on the receiver's side.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from tfc_vae import coding
from tfc_vae import config as config_module
from tfc_vae.coding import Latents, rate_points, walk
from tfc_vae.coding.geometry import INDEX_STEPS, MEAN_STEPS, VALUE_MAX, Z_MAX
from tfc_vae.coding.integer import IntegerLayer
from tfc_vae.coding.rate_points import FIRST, LAST, SPAN, STEPS
from tfc_vae.coding.tables import Tables
from tfc_vae.config import ModelConfig
from tfc_vae.export.integers import to_integers
from tfc_vae.layers.integer import IntegerConv, apply, integer_conv, relaxed
from tfc_vae.models import Hyperprior
from tfc_vae.models.hyperprior import INDEX_UNIT
from tfc_vae.models.priors import LOG_STEP, SCALES, scale_table

INTEGER_MAX = 2**15 - 1  # of what the integer network says of mean and index
# A latent whose table says that it is not zero with less than this probability is zero
# by definition and not coded at all. On four Kodak images, against 1e-4: BD-rate
# -0.3 %, and 40 % fewer symbols to decode at low quality; 3e-2 gains no more.
SKIP_BELOW = 1.5e-2


@dataclass(frozen=True)
class Frozen:
    """A trained model as integers and float networks."""

    config: ModelConfig
    model: Hyperprior
    hyper: tuple[IntegerLayer, ...]
    shift: np.ndarray  # int32 (points, m): what the gains add to the index
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
        return tf.cast(tf.clip_by_value(_nearest(z), -Z_MAX, Z_MAX), tf.int32)

    def predict(self, z, quality):
        """z int32 -> (mean int32 in sixteenths, index int32): exact everywhere.

        Both are as large as z times four: up to three rows and columns too many.
        """
        z = tf.clip_by_value(tf.cast(z, tf.float32), -Z_MAX, Z_MAX)
        for layer in self.hyper_convs:
            z = apply(layer, z)
        if self.model.has_mean:
            mean, index = tf.split(z, 2, axis=-1)
        else:
            mean, index = tf.zeros_like(z), z
        # Still small integers in float32, exact, and three times as fast as in int32.
        shift = tf.cast(self._index_shift(quality) + INDEX_STEPS // 2, tf.float32)
        index = tf.floor((index + shift) * (1 / INDEX_STEPS))
        index = tf.clip_by_value(index, 0.0, SCALES - 1.0)
        return tf.cast(mean, tf.int32), tf.cast(index, tf.int32)

    def relax(self, z, quality):
        """z float -> (mean in latent steps, index): `predict` with a gradient."""
        for layer in self.hyper_convs:
            z = relaxed(layer, z)
        mean, index = tf.zeros_like(z), z
        if self.model.has_mean:
            mean, index = tf.split(z, 2, axis=-1)
        shift = tf.cast(self._index_shift(quality), tf.float32)
        return mean / MEAN_STEPS, (index + shift) / INDEX_STEPS

    def _index_shift(self, quality):
        """What the gain adds to the index, int32 (b, 1, 1, m) in sixteenths.

        Integers only, from the integer in the header; see `coding.integer.index_shift`.
        """
        q8 = tf.cast(_nearest(quality * STEPS), tf.int32)
        low, high, share = rate_points.between(
            q8, len(self.config.lmbdas), least=tf.minimum
        )
        first, second = (tf.gather(self.shift_rows, at) for at in (low, high))
        share = share[:, tf.newaxis]
        shift = (first * (SPAN - share) + second * share) // SPAN
        return shift[:, tf.newaxis, tf.newaxis]

    def quantise(self, y, quality, mean, index):
        """y and its prediction -> symbols int32, zero where the table says skip."""
        residual = y * self.gain(quality) - tf.cast(mean, tf.float32) / MEAN_STEPS
        symbols = tf.clip_by_value(_nearest(residual), -VALUE_MAX, VALUE_MAX)
        skipped = index < int(self.tables.skip.sum())  # the first rows, see `freeze`
        return tf.cast(tf.where(skipped, 0.0, symbols), tf.int32)

    def synthesise(self, y, mean, quality):
        """Symbols and mean -> pixels uint8 (b, 16 h, 16 w, 3)."""
        return tf.cast(self.levels(y, mean, quality), tf.uint8)

    def levels(self, y, mean, quality):
        """The same as whole numbers from 0 to 255 in float32."""
        y_hat = tf.cast(y, tf.float32) + tf.cast(mean, tf.float32) / MEAN_STEPS
        x_hat = self.render(y_hat, quality)
        # A vector: TFLite takes a scalar for the bias of a transposed convolution, and
        # then misses the other channels' numbers.
        nearest = tf.floor(x_hat + tf.constant([0.5, 0.5, 0.5]))
        return tf.clip_by_value(nearest, 0.0, 255.0)

    def render(self, y_hat, quality):
        """y_hat float, in latent steps -> levels float, neither rounded nor clipped."""
        return self.model.synthesis(y_hat * self.inverse_gain(quality)) * 255.0

    @cached_property
    def hyper_convs(self) -> tuple[IntegerConv, ...]:
        """The integer network as TensorFlow variables."""
        return tuple(integer_conv(layer) for layer in self.hyper)

    @cached_property
    def shift_rows(self) -> tf.Variable:
        """`shift` as a TensorFlow variable."""
        return tf.Variable(self.shift, trainable=False)

    def gain(self, quality):
        """Factor of y before quantisation, (b, 1, 1, m)."""
        return self.model.gains(self._position(quality))

    def inverse_gain(self, quality):
        """Factor of y_hat before the synthesis, (b, 1, 1, m)."""
        return self.model.gains.inverse(self._position(quality))

    def _position(self, quality):
        lowest, highest = FIRST / STEPS, LAST / STEPS
        each = (len(self.config.lmbdas) - 1) / (highest - lowest)
        return (tf.clip_by_value(quality, lowest, highest) - lowest) * each

    @property
    def plan(self) -> coding.Plan:
        """The order of what is coded."""
        return self.model.plan

    def predict_y(self, z, quality, shape):
        """`predict`, cut to the shape of y, (b, h, w, m)."""
        planes = self.predict(z, quality)
        return [plane[:, : shape[1], : shape[2]] for plane in planes]

    def emit(self, y, quality, coded=lambda values, index: None) -> Latents:
        """y -> the integers to code.

        coded: called with the values and the table rows of each group, in their order.
        """

        def take(index, mean):
            if mean is None:
                values = self.hyper_analyse(y, quality)
            else:
                values = self.quantise(y, quality, mean, index)
            coded(values, index)
            return values

        shape = tf.shape(y)
        return walk(self.plan, take, lambda z: self.predict_y(z, quality, shape))

    def encode(self, pixels, quality) -> Latents:
        """Padded uint8 pixels (h, w, 3) -> integers: the sender without its coder."""
        y = self.analyse(tf.constant(pixels)[tf.newaxis])
        latents = self.emit(y, tf.constant([quality], tf.float32))
        return Latents(*(plane[0].numpy() for plane in latents))

    def decode(self, coded: Latents, quality):
        """Integers -> uint8 pixels (16 h, 16 w, 3): the receiver without its coder."""
        quality = tf.constant([quality], tf.float32)
        return self.synthesise(coded.y[None], coded.mean[None], quality)[0].numpy()


def _nearest(x):
    """Rounds halves up: FLOOR is in every TFLite runtime, ROUND is not."""
    return tf.floor(x + 0.5)


def freeze(model: Hyperprior, photos) -> Frozen:
    """Turns a trained model into integers.

    photos: a few uint8 images (h, w, 3), h and w multiples of 64; they only set the
    ranges of the integer network's activations. Raises ValueError if an accumulator
    could leave the range where float32 is exact.
    """
    samples = _z_samples(model, photos)
    hyper = to_integers(model.hyper_synthesis, samples, _heads(model))
    shift = np.rint(model.gains.log_gain.numpy() * (INDEX_STEPS / LOG_STEP))
    shift = shift.astype(np.int32)
    tables = _tables(model)
    if (np.diff(tables.skip.astype(int)) > 0).any():  # as `quantise` takes for granted
        raise ValueError("skipped rows of the tables must be the first")
    identity = _identity(model, hyper, shift, tables)
    return Frozen(model.config, model, hyper, shift, tables, identity)


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
    ones = np.ones(model.config.latents)
    limits = (-INTEGER_MAX * ones, INTEGER_MAX * ones)
    index = (INDEX_UNIT * INDEX_STEPS * ones, model.index_start * INDEX_STEPS, *limits)
    if not model.has_mean:
        return index
    mean = (model.mean_unit * MEAN_STEPS, 0 * ones, *limits)
    return [np.concatenate(pair) for pair in zip(mean, index, strict=True)]


def _tables(model):
    family = {"normal": coding.gaussian, "laplace": coding.laplace}
    make = family[model.config.density]
    y = make(scale_table(), skip_below=SKIP_BELOW)
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


def _identity(model, hyper, shift, tables):
    """Hashes what decides the receiver's result, in a fixed order and type."""
    digest = hashlib.sha256()
    config = config_module.to_dict(model.config)
    del config["distortion"]  # of training only
    digest.update(json.dumps(config, sort_keys=True).encode())
    for layer in hyper:
        form = (layer.input_max, layer.transpose, layer.stride, layer.up)
        digest.update(repr(form).encode())
        for part in (layer.kernel, layer.bias, layer.shift, layer.low, layer.high):
            digest.update(np.ascontiguousarray(part, "<i8").tobytes())
    digest.update(np.ascontiguousarray(shift, "<i8").tobytes())
    digest.update(str(tables.precision).encode())
    for part in (tables.low, tables.size, tables.frequencies, tables.skip):
        digest.update(np.ascontiguousarray(part, "<i8").tobytes())
    floats = [*model.synthesis.get_weights(), model.gains.log_inverse.numpy()]
    for part in floats:
        digest.update(np.ascontiguousarray(part, "<f4").tobytes())
    return digest.digest()[:8]
