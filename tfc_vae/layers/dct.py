"""A block DCT in an opponent colour space, as the kernel of a 1x1 convolution.

It starts the linear shortcut of the low-resolution transforms: a codec with this
shortcut works before its first training step, and the convolutions learn what a
linear transform cannot do.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras

# Orthonormal opponent colours: luma, yellow-blue, red-green.
_OPPONENT = np.array([[1, 1, 1], [1, 1, -2], [1, -1, 0]], np.float64) / np.sqrt(
    [[3], [6], [2]]
)
# Chroma coefficients count as if their frequency were this much higher: they carry
# less energy in photographs.
_CHROMA_PENALTY = 3.0


def _dct(size):
    """Orthonormal DCT-II: row k is the basis function of frequency k."""
    k, n = np.mgrid[:size, :size]
    basis = np.cos(np.pi * (n + 0.5) * k / size) * np.sqrt(2 / size)
    basis[0] /= np.sqrt(2)
    return basis


def block_dct(block, coefficients):
    """Returns float32 (block * block * 3, coefficients) with orthonormal columns.

    Row order is that of `tf.nn.space_to_depth(x, block)`: row, column, colour. The
    columns are the `coefficients` of lowest frequency, chroma counted as higher.
    """
    basis = _dct(block)
    kernel = np.einsum("ui,vj,ca->ijauvc", basis, basis, _OPPONENT)
    kept = _kept(block, coefficients)
    return kernel.reshape(block * block * 3, -1)[:, kept].astype(np.float32)


def dct_spread(coefficients):
    """Returns the standard deviation of each column of `block_dct(16, coefficients)`.

    Of photographs with values in [0, 1], as a Laplace distribution has it from the mean
    magnitude; a power law of the frequency fits within 25 %.
    """
    u, v, c = (part.ravel()[_kept(16, coefficients)] for part in np.mgrid[:16, :16, :3])
    frequency = np.hypot(u, v)
    magnitude = np.where(
        frequency > 0,
        np.array([1.14, 0.305, 0.206])[c] * np.maximum(frequency, 1) ** -1.58,
        np.array([6.26, 1.67, 1.14])[c],
    )
    return np.sqrt(2) * magnitude


def _kept(block, coefficients):
    """Positions, in (u, v, colour) order, of the lowest frequencies."""
    u, v, c = np.mgrid[:block, :block, :3]
    order = np.hypot(u, v) * np.where(c == 0, 1, _CHROMA_PENALTY) + 2.0 * (c > 0)
    if coefficients > order.size:
        raise ValueError(f"a block has {order.size} coefficients, not {coefficients}")
    return np.argsort(order, axis=None, kind="stable")[:coefficients]


@keras.saving.register_keras_serializable(package="tfc_vae")
class BlockDCT(keras.initializers.Initializer):
    """Starts a 1x1 convolution (1, 1, in, out) as a 16x16 block DCT, or its inverse.

    The inverse maps coefficients back to pixels: it is the transpose.
    """

    def __init__(self, inverse=False):
        self.inverse = inverse

    def __call__(self, shape, dtype=None, **kwargs):
        _, _, channels_in, channels_out = shape
        if self.inverse:
            kernel = block_dct(16, channels_in).T
        else:
            kernel = block_dct(16, channels_out)
        return tf.constant(kernel[None, None], dtype)

    def get_config(self):
        return {"inverse": self.inverse}
