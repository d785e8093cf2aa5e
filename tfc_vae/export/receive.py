"""From the sections of a file to the symbols of y and their prediction, in a graph.

Shared by the SavedModel for TensorFlow Serving and by `decoder_full.tflite`, which
differ in the loops of the coder and in what they do with a damaged stream.
"""

import tensorflow as tf

from tfc_vae.coding import geometry, walk
from tfc_vae.export.freeze import Frozen
from tfc_vae.export.ops import loops_graph, rans_ops


def receive(frozen: Frozen, tables, sections, lanes, size, quality, loops=loops_graph):
    """Decodes the symbols of one image.

    Args:
      tables: as for `rans_ops.pop`.
      sections: octets of the stream and of the escapes, int32 (n,) each.
      lanes: int32 ().
      size: height and width of the image, int32 () each.
      quality: float32 (1,).
      loops: as for `rans_ops.pop`.

    Returns:
      y: int32 (1, ceil(h / 16), ceil(w / 16), m).
      mean: int32, of the same shape, in sixteenths.
      rest: what `rans_ops.finished` and `rans_ops.problem` take. Only if they find
        nothing do y and mean mean anything.
    """
    rows, columns = geometry.y_shape(*size)
    m, k = frozen.config.latents, frozen.config.hyper_filters
    cursor, words, escapes = rans_ops.split(*sections, lanes)
    z_shape = tf.stack([1, *geometry.z_shape(rows, columns), k])
    y_shape = tf.stack([1, rows, columns, m])

    def take(index, mean):
        nonlocal cursor
        shape = z_shape if mean is None else y_shape
        if mean is None:
            index = index + tf.zeros(shape, tf.int32)  # one of each channel
        index = tf.reshape(index, [-1])
        values, cursor = rans_ops.pop(cursor, words, escapes, index, tables, loops)
        return tf.reshape(values, shape)

    latents = walk(frozen.plan, take, lambda z: frozen.predict_y(z, quality, y_shape))
    return latents.y, latents.mean, (cursor, words, escapes)
