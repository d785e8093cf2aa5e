"""What several tests share: the photos, and a small model made the real way."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest

from tfc_vae import images

PHOTOS = Path(__file__).parents[1] / "photos"
# A shell starts what runs in the background with SIGINT ignored, and so would be every
# process that a test starts in order to interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)
STEPS = 120  # enough that a higher quality is visibly better


@pytest.fixture(scope="session")
def photos():
    """The four photos of the repository, uint8 (h, w, 3)."""
    return [images.read(path) for path in sorted(PHOTOS.glob("*.png"))]


@pytest.fixture(scope="session")
def tiny_model():
    """Preset `tiny`, trained for seconds; a Keras model, not to be changed."""
    # Imported here: tests that need no model start without TensorFlow.
    from tensorflow import keras

    from tfc_vae import models

    keras.utils.set_random_seed(0)
    model = models.build(models.preset("tiny"))
    model.compile(optimizer=keras.optimizers.Adam(2e-3))
    model.fit(crops(), batch_size=8, epochs=STEPS // 12, verbose=0)
    return model


@pytest.fixture(scope="session")
def tiny_frozen(tiny_model, tiny_model_dir):
    """The tiny model as integers, the same as in `tiny_model_dir`."""
    from tfc_vae.export import freeze
    from tfc_vae.export.run import calibration_crops

    frozen = freeze(tiny_model, calibration_crops(PHOTOS))
    manifest = json.loads((tiny_model_dir / "manifest.json").read_text())
    assert frozen.model_id.hex() == manifest["model_id"]
    return frozen


@pytest.fixture(scope="session")
def tiny_model_dir(tmp_path_factory, tiny_model):
    """The folder of the tiny model, exported the real way."""
    from tfc_vae.export import export

    folder = tmp_path_factory.mktemp("models") / "tiny"
    export(tiny_model, folder, PHOTOS, name="tiny")
    return folder


def crops():
    """96 seeded crops of the photos, (96, 64, 64, 3), float32 in [0, 1]."""
    photos = [images.read(path) for path in sorted(PHOTOS.glob("*.png"))]
    random = np.random.default_rng(0)
    crops = []
    for i in range(96):
        photo = photos[i % len(photos)]
        top, left = (random.integers(side - 64) for side in photo.shape[:2])
        crops.append(photo[top : top + 64, left : left + 64])
    return np.stack(crops).astype(np.float32) / 255
