"""What `freeze` does with any weights: nothing here is trained, so it is quick.

Each rule is compared with the floats of the model, and a rounding by its bias, too: a
floor leans to one side by half a step.
"""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from tfc_vae import models
from tfc_vae.coding import integer, rate_points
from tfc_vae.coding.geometry import INDEX_STEPS, MEAN_STEPS, VALUE_MAX, Z_MAX
from tfc_vae.export import freeze
from tfc_vae.models.priors import LOG_STEP, SCALES, scale_table

QUALITY, POSITION = 75.25, 1.5  # of three rate points


@pytest.fixture(scope="module")
def crops(photos):
    return [photo[:256, :256] for photo in photos[:2]]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    model = models.build(models.preset("tiny")).make_variables()
    for weight in (model.gains.log_gain, model.gains.log_inverse):
        noise = np.random.default_rng(2).normal(0, 0.3, weight.shape)
        weight.assign_add(noise.astype("float32"))
    return model


@pytest.fixture(scope="module")
def frozen(model, crops):
    return freeze(model, crops)


@pytest.fixture(scope="module")
def coded(frozen, crops):
    return frozen.encode(crops[0], QUALITY)


@pytest.fixture(scope="module")
def y(model, crops):
    return model.analysis(crops[0][None] / np.float32(255))


def gain(model):
    return np.exp(model.gains.log_gain.numpy()[1:].mean(0))  # half way, in logarithms


def test_the_index_is_rounded_and_leans_to_neither_side(model, frozen, coded):
    """Kills: no `+ INDEX_STEPS // 2` in `predict`: a bias of 0.47 for 0.02."""
    z = tf.constant(coded.z[None], tf.float32)
    _, index = model.predict_y(z, tf.constant([POSITION]))
    inside = (index[0] > 1) & (index[0] < SCALES - 2)  # where nothing is clipped
    assert np.mean(inside) > 0.9
    error = (coded.index - index[0])[inside]
    assert np.mean(np.abs(error)) < 0.3  # 0.25 is rounding alone
    assert abs(np.mean(error)) < 0.05


def test_the_index_is_the_nearest_row_of_what_the_integers_say(frozen, coded):
    """Kills: another shift between rate points, and no clip to the table's rows."""
    _, index = np.split(integer.run(frozen.hyper, coded.z), 2, axis=-1)
    index = index / INDEX_STEPS
    for quality in (1.0, 20.0, QUALITY, 100.0):
        at = np.linspace(1, 100, len(frozen.shift))
        shift = [np.interp(quality, at, s) for s in frozen.shift.T / INDEX_STEPS]
        wanted = np.clip(index + shift, 0, SCALES - 1)
        _, found = frozen.predict(coded.z[None], tf.constant([quality]))
        error = found[0].numpy() - wanted
        assert np.abs(error).max() <= 0.5 + 1 / INDEX_STEPS, quality
    _, far = frozen.predict(Z_MAX * np.sign(coded.z)[None], tf.constant([100.0]))
    assert tf.reduce_min(far) >= 0 and tf.reduce_max(far) <= SCALES - 1


def test_the_mean_is_in_sixteenths_and_leans_to_neither_side(model, coded):
    """Kills: no `+ 1/2` in the last integer layer: a bias of 0.4 to 0.8 for 0.03."""
    z = tf.constant(coded.z[None], tf.float32)
    mean, _ = model.predict_y(z, tf.constant([POSITION]))
    error = coded.mean - MEAN_STEPS * mean[0].numpy()
    assert np.abs(error).mean() < 0.5 and abs(error.mean()) < 0.2


def test_what_a_gain_adds_to_the_index_is_rounded(model, frozen):
    """Kills: a floor, which leans by a half."""
    error = frozen.shift - model.gains.log_gain.numpy() * INDEX_STEPS / LOG_STEP
    assert np.abs(error).max() <= 0.5 + 1e-3 and abs(error.mean()) < 0.1


def test_z_is_rounded_to_the_nearest_and_clipped(model, frozen, y):
    for scale in (1, 1000):
        z = frozen.hyper_analyse(scale * y, tf.constant([QUALITY])).numpy()
        floats = model.hyper_analysis(scale * y * gain(model)).numpy()
        error = z - np.clip(floats, -Z_MAX, Z_MAX)
        assert np.abs(error).max() <= 0.5 + 1e-3 * scale and abs(error.mean()) < 0.05
    assert z.min() == -Z_MAX and z.max() == Z_MAX


def test_values_beyond_z_s_range_predict_what_its_ends_predict(frozen, coded):
    quality = tf.constant([QUALITY])
    far = np.where(coded.z < 0, -1000, 1000)[None]
    for found, ends in zip(
        frozen.predict(far, quality),
        frozen.predict(np.clip(far, -Z_MAX, Z_MAX), quality),
        strict=True,
    ):
        np.testing.assert_array_equal(found, ends)


def test_values_are_what_the_mean_leaves_to_the_nearest(model, frozen, coded, y):
    """Kills: a floor, a mean in another unit, rows that are skipped and coded."""
    residual = y[0].numpy() * gain(model) - coded.mean / MEAN_STEPS
    index = np.random.default_rng(3).integers(0, SCALES, coded.index.shape)
    skipped = frozen.tables.skip[index]
    given = tf.constant([QUALITY]), coded.mean[None], index[None]
    values = frozen.quantise(y, *given)[0].numpy()
    assert skipped.any() and not values[skipped].any()
    error = (values - residual)[~skipped]
    assert np.abs(error).max() <= 0.5 + 1e-3 and abs(error.mean()) < 0.05


def test_values_beyond_int16_are_clipped(frozen, coded, y):
    index = np.full_like(coded.index, SCALES - 1)
    given = tf.constant([QUALITY]), coded.mean[None], index[None]
    values = frozen.quantise(1e9 * tf.sign(y), *given)
    assert set(np.unique(values)) == {-VALUE_MAX, VALUE_MAX}


def test_pixels_are_rounded_to_the_nearest_level(model, frozen, coded):
    """Kills: a floor, and a mean or a gain that is left out."""
    y_hat = coded.y + coded.mean.astype(np.float32) / MEAN_STEPS
    inverse = np.exp(model.gains.log_inverse.numpy()[1:].mean(0))
    levels = 255 * model.synthesis((y_hat * inverse)[None])[0].numpy()
    pixels = frozen.decode(coded, QUALITY)
    assert pixels.dtype == np.uint8
    error = pixels - np.clip(levels, 0, 255)
    assert np.abs(error).max() <= 0.5 + 1e-2
    inside = (levels > 1) & (levels < 254)
    assert inside.any() and abs(error[inside].mean()) < 0.05


def test_the_first_rows_are_the_scales_of_y_and_then_the_prior_of_z(model, frozen):
    tables = frozen.tables
    assert tables.rows == SCALES + model.config.hyper_filters
    total = 2**tables.precision
    pmfs = model.prior_z.pmf(Z_MAX)
    for channel, pmf in enumerate(pmfs):
        row = SCALES + channel
        low, size = tables.low[row], tables.size[row]
        found = tables.frequencies[row, :size] / total
        expected = pmf[Z_MAX + low : Z_MAX + low + size]
        np.testing.assert_allclose(found, expected, atol=3 / total)
    widest = tables.frequencies[SCALES - 1, : tables.size[SCALES - 1]] / total
    values = tables.low[SCALES - 1] + np.arange(len(widest))
    spread = np.sqrt((widest * values**2).sum())
    assert 0.9 < spread / scale_table()[-1] < 1.1
    assert rate_points.SPAN % (len(frozen.shift) - 1) == 0


def test_the_id_knows_what_the_receiver_computes_and_nothing_else(model, crops, frozen):
    for weight in (model.gains.log_inverse, model.synthesis.trainable_weights[0]):
        before = weight.numpy()
        weight.assign_add(np.full(before.shape, 0.1, np.float32))
        assert freeze(model, crops).model_id != frozen.model_id
        weight.assign(before)
    assert freeze(model, crops).model_id == frozen.model_id
