"""Rounding, and its two stand-ins during training.

The rate needs a gradient: uniform noise replaces rounding there (Balle et al. 2017;
tfc's entropy models add it). The synthesis should see what it will see when it is
used: rounded values, with the gradient of the identity (Theis et al. 2017).
"""

import tensorflow as tf


def rounded(y, around=0.0):
    """Coding: the nearest point of the integer grid shifted to `around`."""
    return tf.round(y - around) + around


def straight_through(y, around=0.0):
    """Training: the value of `rounded`, the gradient of y."""
    return y + tf.stop_gradient(rounded(y, around) - y)
