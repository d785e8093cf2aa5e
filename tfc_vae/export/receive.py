"""From the sections of a file to the symbols of y and their prediction, in a graph.

Shared by the SavedModel for TensorFlow Serving and by `decoder_full.tflite`, which
differ in the loops of the coder and in what they do with a damaged stream.
"""

import tensorflow as tf

from tfc_vae.export import loops_graph, rans_ops
from tfc_vae.export.freeze import Frozen
from tfc_vae.models.priors import SCALES


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
    rows, columns = ((side + 15) // 16 for side in size)
    m, k = frozen.config.latents, frozen.config.hyper_filters
    cursor, words, escapes = rans_ops.split(*sections, lanes)
    z_shape = tf.stack([1, (rows + 3) // 4, (columns + 3) // 4, k])
    z, cursor = rans_ops.pop(
        cursor, words, escapes, rows_z(tf.zeros(z_shape, tf.int32)), tables, loops
    )
    y_shape = tf.stack([1, rows, columns, m])
    mean, index = cut(frozen.predict(tf.reshape(z, z_shape), quality), y_shape)
    y, cursor = rans_ops.pop(cursor, words, escapes, flat(index), tables, loops)
    return tf.reshape(y, y_shape), mean, (cursor, words, escapes)


def cut(planes, shape):
    """A prediction covers whole z: cuts its planes to the shape of y."""
    return [plane[:, : shape[1], : shape[2]] for plane in planes]


def rows_z(z):
    """The table row of each z: its channel's."""
    channels = tf.shape(z)[-1]
    return tf.tile(SCALES + tf.range(channels), [tf.size(z) // channels])


def flat(plane):
    """All numbers of a plane in a row."""
    return tf.reshape(plane, [-1])
