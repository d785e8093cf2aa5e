"""What several tests share: the photos, and a small model made the real way."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from tfc_vae import images

PHOTOS = Path(__file__).parents[1] / "photos"
STEPS = 120  # enough that a higher quality is visibly better


@pytest.fixture(scope="session")
def tiny_model_dir(tmp_path_factory):
    """The folder of a model: preset `tiny`, trained for seconds and exported."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow 2.14's own, many of them
        _make_tiny(folder)
    return folder


def _make_tiny(folder):
    # Imported here: tests that need no model start without TensorFlow.
    from tensorflow import keras

    from tfc_vae import models
    from tfc_vae.export import export

    keras.utils.set_random_seed(0)
    model = models.build(models.preset("tiny"))
    model.compile(optimizer=keras.optimizers.Adam(2e-3))
    model.fit(_crops(), batch_size=8, epochs=STEPS // 12, verbose=0)
    export(model, folder, PHOTOS, name="tiny")


def _crops():
    """96 seeded crops of the photos, (96, 64, 64, 3), float32 in [0, 1]."""
    photos = [images.read(path) for path in sorted(PHOTOS.glob("*.png"))]
    random = np.random.default_rng(0)
    crops = []
    for i in range(96):
        photo = photos[i % len(photos)]
        top, left = (random.integers(side - 64) for side in photo.shape[:2])
        crops.append(photo[top : top + 64, left : left + 64])
    return np.stack(crops).astype(np.float32) / 255
