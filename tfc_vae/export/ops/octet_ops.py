"""Bytes as numbers in a graph. Octets are int32 (n,), each 0 to 255."""

import tensorflow as tf


def from_string(data):
    """string () -> octets."""
    return tf.cast(tf.io.decode_raw(data, tf.uint8), tf.int32)


def to_string(octets):
    """Octets -> string ().

    A serialized TensorProto ends with its content, and no op is as fast: joining single
    bytes takes 70 times as long.
    """
    size = tf.size(octets)
    proto = tf.io.serialize_tensor(tf.cast(octets, tf.uint8))
    return tf.strings.substr(proto, -size, size)


def start(octets, size):
    """The first `size` octets, zeros beyond the end; size is an int."""
    some = octets[:size]
    some = tf.pad(some, [[0, size - tf.size(some)]])
    return tf.ensure_shape(some, [size])


def number(octets):
    """Octets, the lowest first, as many as the shape says -> int64 ()."""
    weights = tf.constant([256**i for i in range(octets.shape[0])], tf.int64)
    return tf.reduce_sum(tf.cast(octets, tf.int64) * weights)


def octets(value, count):
    """The inverse of `number`; count is an int."""
    shifts = tf.constant([8 * i for i in range(count)], tf.int64)
    shifted = tf.bitwise.right_shift(tf.cast(value, tf.int64), shifts)
    return tf.cast(tf.bitwise.bitwise_and(shifted, 255), tf.int32)


def equal(found, expected):
    """Whether octets are those of the Python bytes `expected`, bool ().

    As many are compared as there are.
    """
    size = tf.minimum(tf.size(found), len(expected))
    return tf.reduce_all(found[:size] == tf.constant([*expected])[:size])
