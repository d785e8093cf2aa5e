"""Where photos come from: a folder, or a dataset of tensorflow-datasets.

A source is a tf.data.Dataset of uint8 images (h, w, 3) of any size, split once into a
part to train on and a part held out.
"""

import random
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from PIL import Image

from tfc_vae import images

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif"}


class DataError(ValueError):
    """No photos where some were expected."""


class Photos(NamedTuple):
    train: tf.data.Dataset
    validation: tf.data.Dataset
    count: int  # photos in the training part
    megabytes: float  # of the training part, decoded; inf where unknown


def load(source: str, held_out: float, smallest: int, seed: int) -> Photos:
    """Opens a folder or `tfds:NAME[:SPLIT]`.

    held_out: share of the photos for validation, at least one photo. smallest: photos
    with a shorter side, in pixels, are left out. Raises `DataError`.
    """
    if source.startswith("tfds:"):
        return _tfds(source[len("tfds:") :], held_out, smallest)
    return _folder(Path(source), held_out, smallest, seed)


def _folder(folder, held_out, smallest, seed):
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected one with photos")
    paths, pixels = [], 0
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
        try:
            with Image.open(path) as image:
                size = image.size
        except OSError as error:
            warnings.warn(f"{path} is skipped: {error}", stacklevel=2)
            continue
        if min(size) >= smallest:
            paths.append(str(path))
            pixels += size[0] * size[1]
    if len(paths) < 2:
        raise DataError(
            f"{folder}: {len(paths)} readable photos with a side of {smallest} pixels "
            f"or more; expected at least 2 ({', '.join(sorted(SUFFIXES))})"
        )
    random.Random(seed).shuffle(paths)
    aside = max(1, round(held_out * len(paths)))
    return Photos(
        _decoded(paths[aside:]),
        _decoded(paths[:aside]),
        len(paths) - aside,
        3e-6 * pixels,
    )


def _decoded(paths):
    def read(path):
        try:
            return images.read(path.decode())
        except images.ImageError as error:
            warnings.warn(f"{path.decode()} is skipped: {error}", stacklevel=2)
            return np.zeros((0, 0, 3), np.uint8)

    def decode(path):
        image = tf.numpy_function(read, [path], tf.uint8)
        return tf.ensure_shape(image, (None, None, 3))

    photos = tf.data.Dataset.from_tensor_slices(paths)
    photos = photos.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    return photos.filter(lambda image: tf.size(image) > 0)


def _tfds(name, held_out, smallest):
    # Imported here: it takes seconds, and folders do without.
    import tensorflow_datasets as tfds

    name, _, split = name.partition(":")
    split = split or "train"
    percent = max(1, round(100 * held_out))
    try:
        builder = tfds.builder(name)
        if "image" not in builder.info.features:
            raise DataError(f"tfds:{name} has no feature 'image'")
        if split not in builder.info.splits:
            raise DataError(
                f"tfds:{name} has no split {split!r}; there is "
                f"{', '.join(builder.info.splits) or 'none'}"
            )
        builder.download_and_prepare()
        parts = builder.as_dataset(
            split=[f"{split}[{percent}%:]", f"{split}[:{percent}%]"]
        )
    except tfds.core.registered.DatasetNotFoundError as error:
        raise DataError(f"tfds:{name}: no such dataset") from error
    train, validation = (_rgb(part, smallest) for part in parts)
    return Photos(train, validation, builder.info.splits[split].num_examples, np.inf)


def _rgb(part, smallest):
    def image(features):
        pixels = tf.cast(features["image"], tf.uint8)
        pixels = tf.image.grayscale_to_rgb(pixels) if pixels.shape[-1] == 1 else pixels
        return tf.ensure_shape(pixels, (None, None, 3))

    part = part.map(image, num_parallel_calls=tf.data.AUTOTUNE)
    return part.filter(lambda x: tf.reduce_min(tf.shape(x)[:2]) >= smallest)
