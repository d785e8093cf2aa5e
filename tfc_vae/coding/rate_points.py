"""A model's rate points: where a quality lies between them.

The points are spread evenly over the qualities. q8 is the quality as a header stores
it: an integer, 256 to 25600 for 1 to 100.
"""

from collections.abc import Callable
from typing import Any

FIRST, LAST = 256, 25600  # q8
SPAN = LAST - FIRST
STEPS = 256  # of q8 to a quality


def between(q8: Any, points: int, least: Callable = min) -> tuple[Any, Any, Any]:
    """Returns (low, high, share): share / SPAN of the way from point low to point high.

    q8: integers, or a tensor with `least` the minimum of tensors. Nothing leaves 32
    bits. With one point, low and high are that one.
    """
    position = (q8 - FIRST) * (points - 1)
    low = least(position // SPAN, max(points - 2, 0))
    return low, least(low + 1, points - 1), position - low * SPAN
