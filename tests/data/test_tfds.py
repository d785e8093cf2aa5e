"""`tfds:NAME[:SPLIT]`, with datasets that are really prepared, and never downloaded."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfc_vae import data


class Squares(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """20 images to train on and 4 to test, image i of the level i."""

    VERSION = tfds.core.Version("1.0.0")
    FEATURES = {}

    def _info(self):
        features = tfds.features.FeaturesDict(self.FEATURES)
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(20), "test": self._generate_examples()}

    def _generate_examples(self, count=4):
        ((name, feature),) = self.FEATURES.items()
        for i in range(count):
            shape = (60 + i, 64, feature.shape[-1])
            yield i, {name: np.full(shape, i, feature.np_dtype)}


class GreySquares(Squares):
    FEATURES = {"image": tfds.features.Image(shape=(None, None, 1))}


class ColourSquares(Squares):
    FEATURES = {"image": tfds.features.Image()}


class DeepSquares(Squares):
    FEATURES = {"image": tfds.features.Image(shape=(None, None, 3), dtype=np.uint16)}


class Labels(Squares):
    FEATURES = {"label": tfds.features.ClassLabel(num_classes=2)}


@pytest.fixture(autouse=True)
def prepared_here(tmp_path, monkeypatch):
    """Datasets are prepared below a temporary folder, without asking the network."""
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(tfds.core.utils.gcs_utils, "exists", lambda path: False)


def levels(part):
    return sorted(int(x[0, 0, 0]) for x in part.as_numpy_iterator())


@pytest.mark.parametrize("name", ["grey_squares", "colour_squares"])
def test_grey_and_colour_come_as_three_channels_of_bytes(name):
    photos = data.load(f"tfds:{name}", held_out=0.1, smallest=60, seed=0)
    for image in photos.train.as_numpy_iterator():
        assert image.shape[1:] == (64, 3) and image.dtype == np.uint8
        assert (image == image.shape[0] - 60).all()


def test_the_parts_share_no_image_and_lack_none():
    photos = data.load("tfds:grey_squares", held_out=0.25, smallest=60, seed=0)
    train, held_out = levels(photos.train), levels(photos.validation)
    assert photos.count == len(train) == 15 and len(held_out) == 5
    assert sorted(train + held_out) == list(range(20))


def test_a_split_can_be_named():
    photos = data.load("tfds:grey_squares:test", held_out=0.25, smallest=60, seed=0)
    assert sorted(levels(photos.train) + levels(photos.validation)) == [0, 1, 2, 3]


def test_small_images_are_left_out():
    photos = data.load("tfds:grey_squares", held_out=0.5, smallest=64, seed=0)
    found = levels(photos.train) + levels(photos.validation)
    assert sorted(found) == list(range(4, 20))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_dataset", "tensorflow-datasets has no 'no_such_dataset'"),
        ("grey_squares:valid", "no split 'valid'; there is train, test"),
        ("labels", "no feature 'image'; there is label"),
        ("deep_squares", "the feature 'image' is uint16 .*expected uint8"),
    ],
)
def test_what_is_not_there_is_named(name, words):
    with pytest.raises(data.DataError, match=f"tfds:{name}: {words}"):
        data.load(f"tfds:{name}", held_out=0.1, smallest=1, seed=0)


def test_images_that_are_all_too_small_are_an_error_and_no_endless_wait():
    with pytest.raises(data.DataError, match="side of 65 pixels or more"):
        data.load("tfds:grey_squares", held_out=0.1, smallest=65, seed=0)
