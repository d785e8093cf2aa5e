"""Small folders of photos, each of one grey level that names it."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def grey_photos(tmp_path):
    """Makes n photos of a size; returns the folder. Photo i has the level 10 * i."""

    def make(count, height=64, width=64, folder="photos"):
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        for i in range(count):
            pixels = np.full((height, width, 3), 10 * i, np.uint8)
            Image.fromarray(pixels).save(path / f"{i:02}.png")
        return path

    return make
