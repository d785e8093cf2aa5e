"""Where latents lie: scalars.json has the shapes; here is how they fit together."""

import pytest

from tfc_vae.coding import geometry


@pytest.mark.parametrize("height", range(1, 66))
def test_padding_is_what_is_missing_to_whole_latents_and_less_than_one(height):
    width = 130 - height
    rows, columns = geometry.y_shape(height, width)
    bottom, right = geometry.padding(height, width)
    assert (height + bottom, width + right) == (16 * rows, 16 * columns)
    assert 0 <= bottom < 16 and 0 <= right < 16
