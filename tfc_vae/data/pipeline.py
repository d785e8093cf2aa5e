"""From a source of photos to batches of crops.

Every draw is a function of the seed and of the number of the crop, so that the same
seed gives the same batches, and a run that is continued sees new crops.
"""

import tensorflow as tf

from tfc_vae.config import TrainConfig
from tfc_vae.data import sources, steps

_MEMORY = 4000.0  # megabytes of decoded photos that are kept
_UNKNOWN = 64  # photos to shuffle where their size is not known
_VALIDATION_PHOTOS = 16


def crops(photos: sources.Photos, config: TrainConfig, start: int = 0):
    """Endless batches (batch, patch, patch, 3), float32 in [0, 1].

    start: step that a resumed run begins at; its crops differ from the earlier ones.
    """
    images = photos.train
    if photos.megabytes <= _MEMORY:
        images = images.cache()
    seed = config.seed + start
    images = images.shuffle(_shuffled(photos), seed=seed).repeat()
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

    first = start << 32  # more than a run visits: no number comes twice
    numbered = tf.data.Dataset.zip((tf.data.Dataset.counter(first), images))
    pieces = numbered.map(cut, num_parallel_calls=tf.data.AUTOTUNE)
    pieces = pieces.unbatch().shuffle(16 * config.batch, seed=seed)
    pieces = pieces.batch(config.batch, drop_remainder=True)
    return _shared_out(pieces).prefetch(tf.data.AUTOTUNE)


def _shuffled(photos):
    """How many decoded photos wait to be drawn; of huge ones, as many as fit."""
    room = int(_MEMORY * photos.count / photos.megabytes)  # 0 if that is inf
    return min(photos.count, room) or _UNKNOWN


def validation(photos: sources.Photos, config: TrainConfig):
    """The same few centre crops every time; twice as wide as a patch if they can be.

    Only whole batches, as a strategy's replica cannot do with an empty one: if there
    are few photos, they repeat.
    """
    size = 2 * config.patch
    large = photos.validation.filter(lambda x: tf.reduce_min(tf.shape(x)[:2]) >= size)
    if not list(large.take(1)):
        large, size = photos.validation, config.patch
    count = -(-_VALIDATION_PHOTOS // config.batch) * config.batch  # rounded up
    cut = large.take(count).map(lambda x: steps.centre_crop(x, size))
    return _shared_out(cut.repeat().take(count).batch(config.batch).cache())


def _shared_out(batches):
    """In a cluster, every worker makes all batches and takes its part of each."""
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return batches.with_options(options)
