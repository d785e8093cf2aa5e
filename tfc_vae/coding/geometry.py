"""How pixels, latents and hyper-latents lie over each other, and the units of integers.

y, the latents, is one plane: a latent stands for a square of pixels. z, the
hyper-latents, is another: one stands for a square of latents. Where a side of the image
ends within such a square, the last one is whole all the same.
"""

from typing import Any

LATENT = 16  # pixels per side of a latent
Z = 4  # latents per side of a hyper-latent
MEAN_STEPS = 16  # the predicted mean is in sixteenths of a latent step
INDEX_STEPS = 16  # the predicted index is in sixteenths of a table row, until rounded
Z_MAX = 127  # |z|: the encoder clips, a decoder may rely on it
VALUE_MAX = 2**15 - 1  # |y| that is coded: values travel as int16


def y_shape(height: Any, width: Any) -> tuple[Any, Any]:
    """Rows and columns of y of an image of so many pixels; integers or tensors."""
    return _whole(height, LATENT), _whole(width, LATENT)


def z_shape(rows: Any, columns: Any) -> tuple[Any, Any]:
    """Rows and columns of z of a y of so many; integers or tensors."""
    return _whole(rows, Z), _whole(columns, Z)


def padding(height: Any, width: Any) -> tuple[Any, Any]:
    """Pixels that are missing at the bottom and at the right to whole latents."""
    return -height % LATENT, -width % LATENT


def _whole(length, side):
    return (length + side - 1) // side
