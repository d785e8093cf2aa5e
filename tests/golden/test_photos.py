"""The golden photos are what they say; the damaged ones are damaged in many ways."""

import dataclasses

import numpy as np
import pytest

from tests.golden import make, mutations, read
from tfc_vae.codec import LearnedCodec, store
from tfc_vae.container import FAULTS


def test_there_is_a_golden_photo_of_each_crop():
    assert set(read.NAMES) == set(make.CROPS)


@pytest.mark.parametrize("name", read.NAMES)
def test_they_are_made_by_the_shipped_model(name):
    why = read.misfit(read.load(name), store.find(None))
    assert not why, why


def test_another_model_is_named_with_what_to_do(tmp_path):
    shipped = store.find(None).manifest
    newer = dataclasses.replace(shipped, name="newer", model_id="0123456789abcdef")
    why = read.misfit(read.load("kitten"), store.ModelInfo(tmp_path, newer))
    assert "newer, 0123456789abcdef: run `python tests/golden/make.py --photos`" in why


@pytest.mark.parametrize("name", read.NAMES)
def test_the_coder_alone_reads_them_to_the_last_symbol(name):
    photo = read.load(name)
    z, y = read.symbols(photo.file, photo)
    np.testing.assert_array_equal(z, photo.arrays["z"])
    np.testing.assert_array_equal(y, photo.arrays["y"])


@pytest.mark.parametrize("name", read.NAMES)
def test_they_have_skipped_rows_and_sides_that_are_cut(name):
    photo = read.load(name)
    index, pixels = photo.arrays["index"], photo.arrays["pixels"]
    assert photo.tables.skip[index].sum() > 100
    assert all(side % 16 for side in pixels.shape[:2])
    assert index.shape[:2] == tuple(-(-side // 16) for side in pixels.shape[:2])


def test_they_can_be_made_anew(tmp_path):
    codec = LearnedCodec.load()
    for _ in range(2):  # the second replaces the first
        paths = make.make_photos(tmp_path / "photos", codec)
    assert sorted(paths) == sorted((tmp_path / "photos").iterdir())
    for name, crop in make.CROPS.items():
        photo = read.load(name, tmp_path / "photos")
        assert photo.arrays["pixels"].shape == (crop.height, crop.width, 3)
        assert not read.misfit(photo, codec.info)
        np.testing.assert_array_equal(
            codec.decompress(photo.file), photo.arrays["pixels"]
        )


@pytest.mark.parametrize("name", read.NAMES)
def test_each_kind_of_damage_has_each_outcome(name):
    photo = read.load(name)
    lines = [mutations.verdict(f, photo) for f in mutations.mutations(photo.file)]
    names, symbols = zip(*map(str.split, lines), strict=True)
    assert names[0] not in FAULTS and symbols[0] not in FAULTS
    # No container, a container without symbols, both.
    assert sum(name in FAULTS for name in names) > 50
    assert symbols.count("stream") > 50
    assert sum(symbol not in FAULTS for symbol in symbols) > 50
    assert len({*names} & {*FAULTS}) > 5
