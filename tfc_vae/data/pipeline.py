"""From a source of photos to batches of crops."""

import tensorflow as tf

from tfc_vae.config import TrainConfig
from tfc_vae.data import sources, steps

_CACHE_LIMIT = 4000.0  # megabytes of decoded photos that are kept in memory
_VALIDATION_PHOTOS = 16


def crops(photos: sources.Photos, config: TrainConfig, start: int = 0):
    """Endless batches (batch, patch, patch, 3), float32 in [0, 1].

    start: step that a resumed run begins at; its crops differ from the earlier ones.
    """
    images = photos.train
    if photos.megabytes <= _CACHE_LIMIT:
        images = images.cache()
    images = images.shuffle(min(photos.count, 1024), seed=config.seed + start)
    images = images.repeat()
    per_photo = config.crops_per_photo

    def cut(number, image):
        seed = tf.stack([tf.constant(config.seed, tf.int64), number])
        pieces = []
        for seed_of_piece in tf.unstack(tf.random.split(seed, per_photo), per_photo):
            piece = steps.random_crop(
                image, seed_of_piece, config.patch, config.downscale
            )
            pieces.append(steps.random_flip(piece, seed_of_piece))
        return tf.stack(pieces)

    first = start * config.batch // per_photo
    numbered = tf.data.Dataset.zip((tf.data.Dataset.counter(first), images))
    pieces = numbered.map(cut, num_parallel_calls=tf.data.AUTOTUNE)
    pieces = pieces.unbatch().shuffle(16 * config.batch, seed=config.seed)
    return pieces.batch(config.batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def validation(photos: sources.Photos, config: TrainConfig):
    """The same few centre crops every time; twice as wide as a patch if they can be."""
    size = 2 * config.patch
    large = photos.validation.filter(lambda x: tf.reduce_min(tf.shape(x)[:2]) >= size)
    if not list(large.take(1)):
        large, size = photos.validation, config.patch
    cut = large.take(_VALIDATION_PHOTOS).map(lambda x: steps.centre_crop(x, size))
    return cut.batch(config.batch).cache()
