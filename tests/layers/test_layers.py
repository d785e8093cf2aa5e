"""Every layer goes through one check; then what is special about each."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from tfc_vae.layers import (
    GDN,
    BlockDCT,
    DepthToSpace,
    Residual,
    SpaceToDepth,
    block_dct,
    dct_spread,
    rounded,
    straight_through,
)

LAYERS = {
    "gdn": lambda: GDN(),
    "inverse gdn": lambda: GDN(inverse=True, simple=True, gamma_init=0.2),
    "residual": lambda: Residual(8),
    "space to depth": lambda: SpaceToDepth(2),
    "depth to space": lambda: DepthToSpace(2),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer_survives_config_saving_and_a_fit_step(name, tmp_path):
    layer = LAYERS[name]()
    same = type(layer).from_config(layer.get_config())
    assert same.get_config() == layer.get_config()

    x = np.random.default_rng(0).normal(size=(2, 4, 4, 8)).astype("float32")
    model = keras.Sequential([keras.Input((None, None, 8)), layer])
    model.compile("sgd", "mse")
    model.fit(x, model(x).numpy() + 1, verbose=0)
    for variable in model.variables:
        variable.assign(variable + tf.random.normal(variable.shape, stddev=0.01))
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize("name", LAYERS)
def test_layer_computes_in_the_dtype_of_the_policy(name):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        layer = LAYERS[name]()
        y = layer(tf.ones((1, 4, 4, 8)))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert y.dtype == tf.bfloat16
    assert all(v.dtype == tf.float32 for v in layer.variables)


def test_depth_to_space_undoes_space_to_depth():
    x = tf.random.normal((1, 8, 8, 3))
    np.testing.assert_array_equal(DepthToSpace(4)(SpaceToDepth(4)(x)), x)


def test_rounding_is_to_the_shifted_grid():
    np.testing.assert_allclose(rounded(tf.constant([0.4, 1.2]), 0.25), [0.25, 1.25])


def test_straight_through_rounds_forward_and_is_the_identity_backward():
    y = tf.Variable([0.4, 1.7, -2.2])
    with tf.GradientTape() as tape:
        value = straight_through(y, 0.25)
        loss = tf.reduce_sum(value * [1.0, 2.0, 3.0])
    np.testing.assert_allclose(value, [0.25, 1.25, -1.75], atol=1e-6)
    np.testing.assert_array_equal(tape.gradient(loss, y), [1.0, 2.0, 3.0])


def test_block_dct_is_orthonormal():
    kernel = block_dct(48, block=4)
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(48), atol=1e-6)


def test_first_dct_coefficient_is_the_mean_of_the_luma():
    grey = np.full(16 * 16 * 3, 0.5)
    coefficients = grey @ block_dct(320)
    np.testing.assert_allclose(coefficients[0], 0.5 * np.sqrt(768), rtol=1e-6)
    np.testing.assert_allclose(coefficients[1:], 0, atol=1e-5)


def test_block_dct_has_more_luma_than_chroma():
    kernel = block_dct(320).reshape(256, 3, 320)
    luma = np.abs(kernel.sum(1)).max(0) > 1e-6  # chroma rows sum to zero
    assert 160 < luma.sum() < 256  # and not all of it: colour has its share


def test_spread_falls_from_the_mean_of_the_luma_on():
    spread = dct_spread(384)
    assert spread[0] == spread.max() > 8
    assert (np.diff(spread) <= 0).all() and spread[-1] > 0


def test_block_dct_refuses_more_coefficients_than_pixels():
    with pytest.raises(ValueError, match="48 coefficients, not 49"):
        block_dct(49, block=4)


def test_inverse_dct_kernel_is_the_transpose():
    forward = BlockDCT()((1, 1, 768, 320), tf.float32)[0, 0]
    backward = BlockDCT(inverse=True)((1, 1, 320, 768), tf.float32)[0, 0]
    np.testing.assert_array_equal(tf.transpose(forward), backward)
