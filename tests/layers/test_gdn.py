import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from tfc_vae.layers import GDN

X = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")


def test_gdn_at_initialisation_is_the_closed_form():
    np.testing.assert_allclose(GDN()(X), X / np.sqrt(1 + 0.1 * X**2), atol=1e-6)


def test_simple_gdn_at_initialisation_is_the_closed_form():
    expected = X / (1 + 0.1 * np.abs(X))
    np.testing.assert_allclose(GDN(simple=True)(X), expected, atol=1e-6)


def test_inverse_gdn_multiplies_by_the_norm():
    expected = X * np.sqrt(1 + 0.1 * X**2)
    np.testing.assert_allclose(GDN(inverse=True)(X), expected, atol=1e-5)


@pytest.mark.parametrize("simple", [False, True])
@pytest.mark.parametrize("inverse", [False, True])
def test_gdn_equals_the_sum_over_channels_of_the_paper(simple, inverse):
    random = np.random.default_rng(1)
    beta, gamma = random.uniform(0.5, 2, 5), random.uniform(0, 0.3, (5, 5))
    layer = GDN(simple=simple, inverse=inverse)
    layer(X)
    layer.set_weights([np.sqrt(beta + 2.0**-36), np.sqrt(gamma + 2.0**-36)])
    expected = np.empty_like(X)
    for i in range(5):
        pool = np.abs(X) if simple else X**2
        norm = beta[i] + sum(gamma[i, j] * pool[..., j] for j in range(5))
        norm = norm if simple else np.sqrt(norm)
        expected[..., i] = X[..., i] * norm if inverse else X[..., i] / norm
    np.testing.assert_allclose(layer(X), expected, rtol=1e-5)


def test_norm_stays_positive_under_hostile_gradients():
    layer = GDN()
    layer(X)
    optimizer = keras.optimizers.SGD(100.0)
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(X, training=True) ** 2) * -1.0
        optimizer.minimize(loss, layer.trainable_variables, tape)
    assert np.isfinite(layer(X)).all()


def test_a_parameter_below_its_bound_can_come_back():
    layer = GDN()
    layer(X)
    layer.beta_root.assign(tf.zeros(5))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X, training=True) ** 2)  # wants a larger beta
    assert (tape.gradient(loss, layer.beta_root).numpy() < 0).all()
