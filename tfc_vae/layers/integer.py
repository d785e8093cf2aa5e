"""Integer convolutions as float32 operations, exact on every runtime.

The definition, and why floats are exact here, is in `coding.integer`; the arguments
are the arrays of an `IntegerLayer`. Constants only: an export folds them in.
"""

import tensorflow as tf


def integer_conv(x, layer):
    """float32 integers (b, h, w, in) -> float32 integers (b, h', w', out)."""
    scale = tf.constant(2.0 ** -layer.shift.astype("float64"), tf.float32)
    bias = tf.constant(layer.bias * 2.0 ** -layer.shift.astype("float64"), tf.float32)
    kernel = layer.kernel.astype("float32")
    if layer.transpose:
        shape = tf.shape(x)
        out = tf.stack(
            [
                shape[0],
                shape[1] * layer.stride,
                shape[2] * layer.stride,
                kernel.shape[3],
            ]
        )
        # conv2d_transpose wants (height, width, out, in).
        acc = tf.nn.conv2d_transpose(
            x, tf.constant(kernel.transpose(0, 1, 3, 2)), out, layer.stride, "SAME"
        )
    else:
        acc = tf.nn.conv2d(x, tf.constant(kernel), 1, "SAME")
    y = tf.floor(acc * scale + bias)
    y = tf.minimum(
        tf.maximum(y, layer.low.astype("float32")), layer.high.astype("float32")
    )
    return tf.nn.depth_to_space(y, layer.up) if layer.up > 1 else y
