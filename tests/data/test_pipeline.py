"""Batches: the same with the same seed, new ones for a run that is continued."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfc_vae import data
from tfc_vae.config import TrainConfig
from tfc_vae.data import pipeline

CONFIG = TrainConfig(batch=6, patch=64, seed=3)
PHOTOS = "photos"


@pytest.fixture(scope="module")
def source(request):
    folder = request.config.rootpath / PHOTOS
    return data.load(str(folder), held_out=0.25, smallest=64, seed=0)


@pytest.fixture(autouse=True)
def same_global_seed():
    tf.random.set_seed(0)


def batches(source, count, config=CONFIG, start=0):
    taken = data.crops(source, config, start).take(count)
    return np.stack(list(taken.as_numpy_iterator()))


def pieces(array):
    """The crops of some batches, each as bytes."""
    return [crop.tobytes() for crop in array.reshape(-1, *array.shape[-3:])]


def test_batches_are_whole_and_in_the_unit_range(source):
    taken = batches(source, 3)
    assert taken.shape == (3, 6, 64, 64, 3) and taken.dtype == np.float32
    assert taken.min() >= 0 and taken.max() <= 1


def test_the_same_seed_gives_the_same_batches_and_another_seed_others(source):
    first, again = batches(source, 4), batches(source, 4)
    np.testing.assert_array_equal(first, again)
    other = batches(source, 4, dataclasses.replace(CONFIG, seed=4))
    assert not set(pieces(first)) & set(pieces(other))


@pytest.mark.parametrize("start", [1, 2, 30])
def test_a_continued_run_sees_new_crops_and_the_same_ones_each_time(source, start):
    seen = batches(source, 40)
    continued = batches(source, 10, start=start)
    assert not set(pieces(seen)) & set(pieces(continued))
    np.testing.assert_array_equal(continued, batches(source, 10, start=start))


def test_no_crop_comes_twice(source):
    taken = pieces(batches(source, 40))
    assert len(set(taken)) == len(taken) == 240


@pytest.mark.parametrize("per_photo", [1, 5])
def test_any_number_of_crops_of_a_visited_photo_fills_the_batches(source, per_photo):
    config = dataclasses.replace(CONFIG, crops_per_photo=per_photo)
    assert batches(source, 2, config).shape == (2, 6, 64, 64, 3)


def test_crops_are_of_all_training_photos_and_of_no_other(grey_photos):
    source = data.load(str(grey_photos(8)), held_out=0.25, smallest=64, seed=1)
    train = {int(x[0, 0, 0]) for x in source.train.as_numpy_iterator()}
    taken = batches(source, 20)
    assert set(np.rint(taken * 255).astype(int).ravel()) == train and len(train) == 6


def test_photos_of_any_size_in_memory_or_not_are_visited_equally_often(grey_photos):
    source = data.load(str(grey_photos(5)), held_out=0.2, smallest=64, seed=1)
    for megabytes in (source.megabytes, 2 * pipeline._MEMORY, np.inf):
        taken = batches(source._replace(megabytes=megabytes), 20)
        levels = np.rint(taken[:, :, 0, 0, 0] * 255).astype(int)
        _, counts = np.unique(levels, return_counts=True)
        # 120 of the crops drawn from a window of 96 more: between none and twice 30.
        assert len(counts) == 4 and counts.min() > 10 and counts.max() < 50


def test_huge_photos_wait_for_their_turn_only_as_far_as_memory_goes(source):
    """1,000 photos of 40 MB: 100 of them are 4,000 MB; all would be 40,000."""
    huge = source._replace(count=1000, megabytes=40_000)
    assert pipeline._shuffled(huge) == 100
    assert pipeline._shuffled(source) == source.count
    assert 0 < pipeline._shuffled(source._replace(megabytes=np.inf)) < 1000


def test_validation_is_the_centre_of_held_out_photos_each_time(source):
    (photo,) = source.validation.as_numpy_iterator()
    top, left = (photo.shape[0] - 128) // 2, (photo.shape[1] - 128) // 2
    centre = photo[top : top + 128, left : left + 128] / 255
    dataset = data.validation(source, CONFIG)
    for _ in range(2):
        for batch in dataset.as_numpy_iterator():
            assert batch.shape == (6, 128, 128, 3)
            np.testing.assert_allclose(batch, np.stack(6 * [centre]), atol=1e-6)


def test_validation_takes_a_patch_where_photos_are_not_twice_as_wide(grey_photos):
    folder = str(grey_photos(4, height=127, width=300))
    source = data.load(folder, held_out=0.5, smallest=64, seed=0)
    shapes = {x.shape for x in data.validation(source, CONFIG).as_numpy_iterator()}
    assert shapes == {(6, 64, 64, 3)}


@pytest.mark.parametrize(("batch", "total"), [(1, 16), (4, 16), (6, 18), (32, 32)])
def test_validation_has_whole_batches_of_sixteen_crops_or_more(source, batch, total):
    config = dataclasses.replace(CONFIG, batch=batch)
    sizes = [len(x) for x in data.validation(source, config).as_numpy_iterator()]
    assert sum(sizes) == total and set(sizes) == {batch}


def test_many_held_out_photos_are_sixteen_different_crops(grey_photos):
    source = data.load(str(grey_photos(25)), held_out=0.8, smallest=64, seed=0)
    config = dataclasses.replace(CONFIG, batch=4)
    taken = list(data.validation(source, config).as_numpy_iterator())
    levels = {round(255 * float(x[0, 0, 0])) for x in itertools.chain(*taken)}
    assert len(levels) == 16
