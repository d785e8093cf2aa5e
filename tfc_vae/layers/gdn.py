"""Generalised divisive normalisation, with weights that every Keras format keeps.

GDN:    y_i = x_i / sqrt(beta_i + sum_j gamma_ij x_j^2)    Balle et al. 2016
GDN-1:  y_i = x_i / (beta_i + sum_j gamma_ij |x_j|)        Johnston et al. 2019
The inverse multiplies instead of dividing. beta and gamma are stored as square
roots and bounded below, so that they stay positive under gradient descent.
(`tfc.GDN` computes the same; Keras 2.14 loses its parameters when it saves.)
"""

import tensorflow as tf
import tensorflow_compression as tfc  # lower_bound: a maximum whose gradient can return
from tensorflow import keras

_PEDESTAL = 2.0**-36  # keeps the square root's slope finite at zero
_BETA_MIN = 1e-6


def _root(value):
    return tf.sqrt(tf.maximum(value + _PEDESTAL, _PEDESTAL))


def _positive(root, minimum, training):
    # Only training needs the special gradient; a SavedModel would keep its operations.
    at_least = tfc.lower_bound if training else tf.maximum
    return tf.square(at_least(root, (minimum + _PEDESTAL) ** 0.5)) - _PEDESTAL


@keras.saving.register_keras_serializable(package="tfc_vae")
class GDN(keras.layers.Layer):
    """Maps (..., channels) to the same shape; starts as x / sqrt(1 + 0.1 x^2).

    inverse: multiply by the norm (for a synthesis) instead of dividing by it.
    simple: GDN-1, no square and no root; cheaper, and as good.
    """

    def __init__(self, inverse=False, simple=False, gamma_init=0.1, **kwargs):
        super().__init__(**kwargs)
        self.inverse, self.simple = inverse, simple
        self.gamma_init = gamma_init

    def build(self, shape):
        channels = int(shape[-1])
        self.beta_root = self.add_weight(
            "beta_root",
            (channels,),
            initializer=lambda s, dtype: _root(tf.ones(s, dtype)),
        )
        self.gamma_root = self.add_weight(
            "gamma_root",
            (channels, channels),
            initializer=lambda s, dtype: _root(
                self.gamma_init * tf.eye(s[0], dtype=dtype)
            ),
        )
        super().build(shape)

    def call(self, x, training=False):
        beta = _positive(tf.cast(self.beta_root, x.dtype), _BETA_MIN, training)
        gamma = _positive(tf.cast(self.gamma_root, x.dtype), 0.0, training)
        pool = tf.abs(x) if self.simple else tf.square(x)
        kernel = tf.transpose(gamma)[tf.newaxis, tf.newaxis]  # (1, 1, in j, out i)
        norm = tf.nn.bias_add(tf.nn.conv2d(pool, kernel, 1, "VALID"), beta)
        if not self.simple:
            norm = tf.sqrt(norm)
        return x * norm if self.inverse else x / norm

    def get_config(self):
        return {
            **super().get_config(),
            "inverse": self.inverse,
            "simple": self.simple,
            "gamma_init": self.gamma_init,
        }
