"""Floats in, integers out: the same ones on every runtime."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from tfc_vae import coding, models
from tfc_vae.codec.backends import LiteRTNetworks, SavedModelNetworks
from tfc_vae.coding import integer
from tfc_vae.coding.geometry import MEAN_STEPS
from tfc_vae.export import freeze
from tfc_vae.export.freeze import SCALES
from tfc_vae.export.integers import to_integers
from tfc_vae.layers.integer import apply, integer_conv

QUALITIES = (1.0, 37.25, 64.0, 100.0)


def some_z(frozen, seed=0, height=3, width=4):
    channels = frozen.config.hyper_filters
    random = np.random.default_rng(seed)
    spread = random.choice([1, 10, 127], channels)
    return random.integers(-spread, spread + 1, (height, width, channels), np.int32)


def defined(frozen, z, quality):
    """What the definition in NumPy integers says of z."""
    out = integer.run(frozen.hyper, z)
    mean, index = np.split(out, 2, axis=-1)
    shift = integer.index_shift(frozen.shift, round(quality * 256))
    return mean, np.clip((index + shift + 8) >> 4, 0, SCALES - 1)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(
    "backend",
    [
        lambda folder: LiteRTNetworks(folder, threads=1),
        lambda folder: LiteRTNetworks(folder, threads=2),
        lambda folder: LiteRTNetworks(folder, hyper_decoder="_fp16"),
        SavedModelNetworks,
    ],
    ids=["LiteRT", "LiteRT, 2 threads", "LiteRT, float16", "SavedModel"],
)
def test_prediction_is_the_integer_definition(
    tiny_frozen, tiny_model_dir, backend, quality
):
    networks = backend(tiny_model_dir)
    for seed in range(3):
        z = some_z(tiny_frozen, seed)
        mean, index = defined(tiny_frozen, z, quality)
        got_mean, got_index = networks.predict(z, quality)
        np.testing.assert_array_equal(got_mean, mean)
        np.testing.assert_array_equal(got_index, index)
    assert np.unique(index).size > 10  # it does not say the same of everything


@pytest.mark.parametrize("resolver", ["BUILTIN", "BUILTIN_REF"])
def test_tflite_of_tensorflow_predicts_the_same(tiny_frozen, tiny_model_dir, resolver):
    """TFLite 2.14, with its optimised and with its reference kernels."""
    interpreter = tf.lite.Interpreter(
        str(tiny_model_dir / "tflite" / "hyper_decoder.tflite"),
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType[resolver],
    )
    z = some_z(tiny_frozen)
    mean, index = defined(tiny_frozen, z, 50.0)
    out = interpreter.get_signature_runner("predict")(
        z=z[None], quality=np.array([50.0], np.float32)
    )
    np.testing.assert_array_equal(out["mean"][0], mean)
    np.testing.assert_array_equal(out["index"][0], index)


@pytest.mark.parametrize("flags", [{"TF_ENABLE_ONEDNN_OPTS": "0"}, {"XLA": "1"}])
def test_tensorflow_without_onednn_and_with_xla_predicts_the_same(
    tiny_frozen, tiny_model_dir, tmp_path, flags
):
    z = some_z(tiny_frozen)
    mean, index = defined(tiny_frozen, z, 50.0)
    np.save(tmp_path / "z.npy", z)
    script = f"""
import os, numpy as np, tensorflow as tf
model = tf.saved_model.load({str(tiny_model_dir / "decoder" / "1")!r})
run = tf.function(model.signatures["predict"], jit_compile="XLA" in os.environ)
z = tf.constant(np.load({str(tmp_path / "z.npy")!r})[None])
out = run(z=z, quality=tf.constant([50.0]))
np.savez({str(tmp_path / "out.npz")!r}, **out)
"""
    subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **flags}, check=True
    )
    with np.load(tmp_path / "out.npz") as out:
        np.testing.assert_array_equal(out["mean"][0], mean)
        np.testing.assert_array_equal(out["index"][0], index)


def test_published_hyper_synthesis_is_exact_too(photos):
    """Transposed convolutions, at the published size; random weights."""
    model = models.build(models.preset("mbt2018-mean"))
    frozen = freeze(model, [photos[0][:64, :64]])
    assert any(layer.transpose for layer in frozen.hyper)
    assert max(layer.accumulator_bound() for layer in frozen.hyper) < 2**24
    z = some_z(frozen, height=2, width=2)
    x = tf.constant(z[None], tf.float32)
    for layer in frozen.hyper:
        x = apply(integer_conv(layer), x)
    np.testing.assert_array_equal(x[0].numpy(), integer.run(frozen.hyper, z))


@pytest.mark.parametrize("seed", range(3))
def test_a_full_range_of_inputs_stays_exact_in_float32(seed):
    """Accumulators close to 2^24, all signs, in TensorFlow's own order of summation."""
    random = np.random.default_rng(seed)
    kernel = random.integers(-70, 71, (3, 3, 96, 8)).astype(np.int32)
    layer = integer.IntegerLayer(
        kernel=kernel,
        bias=integer.shorten(random.integers(-(2**20), 2**20, 8)),
        shift=np.full(8, 4, np.int32),
        low=np.full(8, -(2**23)),
        high=np.full(8, 2**23),
        input_max=255,
    )
    assert layer.accumulator_bound() > 2**22
    x = random.integers(0, 256, (6, 6, 96))
    got = apply(integer_conv(layer), tf.constant(x[None], tf.float32))
    np.testing.assert_array_equal(got[0].numpy(), integer.run([layer], x))


def test_integers_say_what_the_floats_said_and_lean_to_neither_side(
    tiny_model, tiny_frozen, photos
):
    """Kills: no `+ INDEX_STEPS // 2` in `predict`: the index leans by 0.47."""
    x = photos[0][:320, :512]
    quality, position = 75.25, 1.5
    coded = tiny_frozen.encode(x, quality)
    mean, index = tiny_model.predict_y(
        tf.constant(coded.z[None], tf.float32), tf.constant([position])
    )
    error = coded.mean / MEAN_STEPS - mean[0].numpy()
    assert np.mean(np.abs(error)) < 0.2 and abs(error.mean()) < 0.05
    inside = (index[0] > 1) & (index[0] < SCALES - 2)  # where nothing is clipped
    error = (coded.index - index[0])[inside]
    assert np.mean(inside) > 0.5
    assert np.mean(np.abs(error)) < 0.6  # 0.25 is rounding alone
    assert abs(np.mean(error)) < 0.1


def test_channels_that_are_never_used_cost_no_precision(tiny_model, photos):
    """Their weights are scaled by no activation: they may be as large as they like."""
    model = models.build(tiny_model.config)
    model.set_weights(tiny_model.get_weights())
    crops = [photo[:256, :256] for photo in photos]
    before = freeze(model, crops)
    first, second = [c for c in model.hyper_synthesis.layers if c.weights][:2]
    kernel, bias = first.get_weights()
    dead = np.arange(0, kernel.shape[-1] // 4, 2)  # of the four that one is made of
    columns = (dead + kernel.shape[-1] // 4 * np.arange(4)[:, None]).ravel()
    kernel[..., columns], bias[columns] = 0, -1
    first.set_weights([kernel, bias])
    quiet = freeze(model, crops)
    kernel, bias = second.get_weights()
    kernel[:, :, dead] *= 1e4
    second.set_weights([kernel, bias])
    z = some_z(before)
    loud = integer.run(freeze(model, crops).hyper, z)
    np.testing.assert_array_equal(loud, integer.run(quiet.hyper, z))
    assert (loud != integer.run(before.hyper, z)).any()


def test_channels_that_are_hardly_ever_used_stay_within_the_rules():
    """Their largest value is next to nothing, and what is divided by it is large."""
    random = np.random.default_rng(3)
    z = random.integers(-20, 21, (8, 8, 6))
    x = tf.constant(z[None], tf.float32)
    conv = keras.layers.Conv2D(8, 3, padding="same", activation="relu")
    head = keras.layers.Conv2D(4, 3, padding="same")
    network = keras.Sequential([keras.Input((None, None, 6)), conv, head])
    kernel = conv.get_weights()[0]
    peaks = tf.reduce_max(tf.nn.conv2d(x, kernel, 1, "SAME"), (0, 1, 2)).numpy()
    conv.set_weights([kernel, np.where(np.arange(8) % 2, 0, 1e-4 - peaks)])
    ones = np.ones(4)
    last = (1000 * ones, 0 * ones, -(2**15) * ones, 2**15 * ones)
    layers = to_integers(network, [z], last)
    assert layers[0].shift[::2].max() == integer.SHIFT_MIN < layers[0].shift[1::2].min()
    expected = 1000 * network(x)[0].numpy()
    apart = np.abs(integer.run(layers, z) - expected)
    assert apart.mean() < 0.02 * np.abs(expected).mean()


def test_bits_of_the_integer_tables_are_near_the_floats(
    tiny_model, tiny_frozen, photos
):
    x = photos[0][:320, :512]
    out = tiny_model(x[None] / np.float32(255), position=tf.constant([1.5]))
    coded = tiny_frozen.encode(x, 75.25)
    channels = np.arange(coded.z.shape[-1]) + SCALES
    rows_z = np.broadcast_to(channels, coded.z.shape)
    bits = coding.ideal_bits(coded.z, rows_z, tiny_frozen.tables)
    bits += coding.ideal_bits(coded.y, coded.index, tiny_frozen.tables)
    assert 0.97 < bits / float(out["bits"][0]) < 1.03


def test_model_id_depends_on_what_the_receiver_computes(tiny_model, photos):
    crops = [photo[:128, :128] for photo in photos]
    first = freeze(tiny_model, crops).model_id
    assert freeze(tiny_model, crops).model_id == first
    copy = models.build(tiny_model.config)
    copy.set_weights(tiny_model.get_weights())
    assert freeze(copy, crops).model_id == first
    for variables in (
        copy.synthesis.trainable_variables,
        copy.hyper_synthesis.trainable_variables,
        copy.prior_z.density.trainable_variables,
        [copy.gains.log_inverse],
        [copy.gains.log_gain],
    ):
        variable = variables[0]
        before = variable.numpy()
        variable.assign(variable + 0.1)
        assert freeze(copy, crops).model_id != first, variable.name
        variable.assign(before)
    assert freeze(copy, crops).model_id == first


def test_skipped_latents_are_zero_whatever_the_image(tiny_frozen, photos):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    for image in (noise, photos[0][:64, :64]):
        coded = tiny_frozen.encode(image, 1.0)
        assert not coded.y[tiny_frozen.tables.skip[coded.index]].any()


def test_a_weight_that_breaks_exactness_stops_the_freeze(tiny_model, photos):
    layer = freeze(tiny_model, [photos[0][:64, :64]]).hyper[0]
    with pytest.raises(ValueError, match="an accumulator can reach"):
        dataclasses.replace(layer, input_max=2**20)
