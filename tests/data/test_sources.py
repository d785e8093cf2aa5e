"""Folders: what is taken, what is left out and said, and how they are split."""

import warnings

import numpy as np
import pytest
from PIL import Image

from tfc_vae import data, images


def levels(part):
    """The level at the corner of each image of a source, sorted."""
    return sorted(int(x[0, 0, 0]) for x in part.as_numpy_iterator())


def all_levels(folder):
    photos = load(folder)
    return levels(photos.train) + levels(photos.validation)


def load(folder, held_out=0.25, smallest=64, seed=0):
    return data.load(str(folder), held_out, smallest, seed)


def test_every_photo_is_in_exactly_one_part(grey_photos):
    for seed in range(5):
        photos = load(grey_photos(12), seed=seed)
        train, held_out = levels(photos.train), levels(photos.validation)
        assert len(held_out) == 3 and photos.count == len(train) == 9
        assert sorted(train + held_out) == [10 * i for i in range(12)]


def test_the_seed_alone_decides_the_split(grey_photos):
    folder = grey_photos(12)
    splits = [tuple(levels(load(folder, seed=s).validation)) for s in range(6)]
    assert splits == [tuple(levels(load(folder, seed=s).validation)) for s in range(6)]
    assert len(set(splits)) > 1


@pytest.mark.parametrize(
    ("share", "count"), [(0.0, 1), (0.01, 1), (0.5, 6), (0.99, 11)]
)
def test_at_least_one_photo_is_held_out_and_one_is_left(grey_photos, share, count):
    photos = load(grey_photos(12), held_out=share)
    assert (len(levels(photos.validation)), photos.count) == (count, 12 - count)


def test_photos_are_found_in_folders_below_and_in_every_format(grey_photos, photos):
    folder = grey_photos(1)
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    crop = Image.fromarray(photos[0][:64, :70])
    for name in ("a.JPG", "b.webp", "c.bmp", "d.tif", "e.jpeg"):
        crop.save(below / name)
    (below / "notes.txt").write_text("not a photo, and not said to be one")
    loaded = load(folder)
    shapes = [x.shape for part in loaded[:2] for x in part.as_numpy_iterator()]
    assert sorted(shapes) == [(64, 64, 3)] + 5 * [(64, 70, 3)]


def test_pixels_are_those_that_the_image_border_reads(tmp_path, photos):
    for i, photo in enumerate(photos[:2]):
        Image.fromarray(photo[:64, :64]).save(tmp_path / f"{i}.jpg", quality=80)
    Image.fromarray(photos[2][:64, :64, 0]).save(tmp_path / "2.png")  # grey
    loaded = load(tmp_path)
    found = {x.tobytes() for part in loaded[:2] for x in part.as_numpy_iterator()}
    assert found == {images.read(p).tobytes() for p in tmp_path.iterdir()}


def test_megabytes_are_those_of_the_decoded_training_part(grey_photos):
    photos = load(grey_photos(4, height=100, width=64))
    decoded = sum(x.size for x in photos.train.as_numpy_iterator())
    assert photos.megabytes == pytest.approx(decoded / 1e6)


def test_what_is_no_photo_is_named_and_skipped(grey_photos):
    folder = grey_photos(6)
    (folder / "text.png").write_text("hello")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "folder.png").mkdir()
    with pytest.warns(UserWarning, match="is skipped: ") as caught:
        photos = load(folder)
    said = sorted(str(w.message) for w in caught)
    for name, line in zip(("empty.jpg", "folder.png", "text.png"), said, strict=True):
        assert line.startswith(f"{folder / name} is skipped: ")
    assert photos.count + len(levels(photos.validation)) == 6


def test_a_truncated_photo_is_named_when_it_is_reached_and_skipped(grey_photos, photos):
    folder = grey_photos(5)
    path = folder / "half.png"
    Image.fromarray(photos[0][:128, :128]).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.warns(UserWarning, match="half.png is skipped: cannot decode"):
        found = all_levels(folder)
    assert sorted(found) == [0, 10, 20, 30, 40]


def test_a_photo_beyond_pillows_limit_is_named_and_skipped(grey_photos, monkeypatch):
    folder = grey_photos(5)
    Image.fromarray(np.zeros((300, 300, 3), np.uint8)).save(folder / "huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 64)
    with pytest.warns(UserWarning, match="huge.png is skipped: .*limit"):
        loaded = load(folder)
    assert loaded.count + len(levels(loaded.validation)) == 5


def test_small_photos_are_counted_and_left_out(grey_photos):
    folder = grey_photos(4)
    Image.fromarray(np.full((63, 500, 3), 255, np.uint8)).save(folder / "low.png")
    with pytest.warns(UserWarning, match="1 of 5 photos are left out: .*under 64 pix"):
        photos = load(folder)
    assert 255 not in levels(photos.train) + levels(photos.validation)


def test_a_quiet_folder_is_loaded_without_a_warning(grey_photos):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        levels(load(grey_photos(3)).train)


def test_a_folder_without_enough_photos_says_what_it_has(grey_photos, tmp_path):
    with pytest.raises(data.DataError, match="nowhere: no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(data.DataError, match="0 readable photos .* 64 pixels .*.png"):
        load(tmp_path)
    with pytest.raises(data.DataError, match="1 readable photos"):
        load(grey_photos(1))
    with pytest.raises(data.DataError, match="0 readable photos .* 65 pixels"):
        load(grey_photos(3), smallest=65)


def test_a_part_of_only_truncated_photos_is_an_error_and_no_endless_wait(
    tmp_path, photos
):
    for i in range(3):
        path = tmp_path / f"{i}.png"
        Image.fromarray(photos[0][:128, :128]).save(path)
        path.write_bytes(path.read_bytes()[:5000])
    with (
        pytest.warns(UserWarning, match="is skipped"),
        pytest.raises(data.DataError, match="photos to train on none can be read"),
    ):
        load(tmp_path)
