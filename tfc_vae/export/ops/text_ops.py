"""Messages in a graph, and how a graph refuses.

Messages are scalar strings, "" where nothing is wrong. A message is put together
whether it is needed or not, which takes microseconds, and at the end one Assert raises
the first that is not empty: InvalidArgument, "assertion failed: [the message]".
"""

import numpy as np
import tensorflow as tf

_DIGITS = np.array([digit.encode() for digit in "0123456789abcdef"])


def first(*checks):
    """Returns the message of the first true check.

    checks: (bool (), message) pairs, or messages alone, which count unless they are "".
    """
    found = tf.constant("")
    for check in reversed(checks):
        wrong, message = check if isinstance(check, tuple) else (check != "", check)
        found = tf.where(wrong, message, found)
    return found


def text(template, *values):
    """Puts scalars, numbers or strings, for each "{}" of the template, string ()."""
    parts = template.split("{}")
    joined = [parts[0]]
    for value, part in zip(values, parts[1:], strict=True):
        value = tf.convert_to_tensor(value)
        if value.dtype.is_floating:
            value = tf.strings.as_string(value, shortest=True)
        elif value.dtype != tf.string:
            value = tf.strings.as_string(value)
        joined += [value, part]
    return tf.strings.join(joined)


def hexadecimal(value, digits):
    """int () or (n,) -> `digits` hexadecimal digits of each, in one string ()."""
    shifts = tf.constant([4 * i for i in reversed(range(digits))], tf.int64)
    nibbles = tf.bitwise.right_shift(tf.cast(value, tf.int64)[..., tf.newaxis], shifts)
    found = tf.gather(_DIGITS, tf.bitwise.bitwise_and(nibbles, 15))
    return tf.strings.reduce_join(tf.reshape(found, [-1]))


def refuse(message, tensors):
    """Raises InvalidArgument unless the message is ""; returns the tensors.

    What uses the returned tensors runs after the check.
    """
    check = tf.debugging.Assert(tf.equal(message, ""), [message])
    with tf.control_dependencies([check]):
        return tf.nest.map_structure(tf.identity, tensors)
