"""What several tests share: the photos, and a small model made the real way."""

import pickle
import signal
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.once import once
from tfc_vae import images

PHOTOS = Path(__file__).parents[1] / "photos"
# A shell starts what runs in the background with SIGINT ignored, and so would be every
# process that a test starts in order to interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)
STEPS = 120  # enough that a higher quality is visibly better
WEIGHTS, FROZEN = "tiny.weights.h5", "frozen.pickle"


def pytest_addoption(parser):
    parser.addoption("--model-seed", type=int, default=0, help="of the tiny model")


def pytest_collection_modifyitems(items):
    """Files with slow tests come first, so that no process ends with one alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def photos():
    """The four photos of the repository, uint8 (h, w, 3)."""
    return [images.read(path) for path in sorted(PHOTOS.glob("*.png"))]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory, request):
    """Preset `tiny`, trained for seconds; a Keras model, not to be changed.

    Another machine, or another `--model-seed`, trains another one: tests assert what
    holds for all of them.
    """
    # Imported here: tests that need no model start without TensorFlow.
    from tensorflow import keras

    from tfc_vae import models

    def train(folder):
        keras.utils.set_random_seed(request.config.getoption("--model-seed"))
        model = models.build(models.preset("tiny"))
        model.compile(optimizer=keras.optimizers.Adam(2e-3))
        model.fit(crops(), batch_size=8, epochs=STEPS // 12, verbose=0)
        model.save_weights(folder / WEIGHTS)

    folder = once(tmp_path_factory, "tiny_weights", train)
    model = models.build(models.preset("tiny"))
    model.load_weights(folder / WEIGHTS)
    return model


@pytest.fixture(scope="session")
def _exported(tmp_path_factory, tiny_model):
    """A folder with models/tiny, exported the real way, and what was frozen."""
    from tfc_vae.export import export

    def make(folder):
        frozen = export(tiny_model, folder / "models" / "tiny", PHOTOS, name="tiny")
        parts = {field.name: getattr(frozen, field.name) for field in fields(frozen)}
        (folder / FROZEN).write_bytes(pickle.dumps({**parts, "model": None}))

    return once(tmp_path_factory, "exported", make)


@pytest.fixture(scope="session")
def tiny_frozen(tiny_model, _exported):
    """The tiny model as integers, the same as in `tiny_model_dir`."""
    from tfc_vae.export import Frozen

    parts = pickle.loads((_exported / FROZEN).read_bytes())
    return Frozen(**{**parts, "model": tiny_model})


@pytest.fixture(scope="session")
def tiny_model_dir(_exported):
    """The folder of the tiny model, exported the real way; not to be changed."""
    return _exported / "models" / "tiny"


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
