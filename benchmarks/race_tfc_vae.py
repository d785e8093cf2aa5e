"""Worker of train_race.py: our side. Argument: the folder of a job.

shard     crops of our data pipeline, for both sides
train     `vr` from scratch, as `train.py --preset vr` does it, by the clock
evaluate  freezes and exports that model, and codes Kodak at every quality
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from pathlib import Path

import numpy as np
import race_common as common
import tensorflow as tf
from tensorflow import keras

from tfc_vae import __version__, data, evaluation, export, images, models
from tfc_vae.codec import LearnedCodec
from tfc_vae.config import TrainConfig
from tfc_vae.export.run import RD_QUALITIES
from tfc_vae.training.callbacks import averaged_weights

PRESET = "vr"
CONFIG = TrainConfig(batch=common.BATCH, patch=common.PATCH, seed=common.SEED)
PHOTOS = Path(__file__).resolve().parents[1] / "photos"
WEIGHTS = "averaged.weights.h5"
KEYS = ("bpp", "psnr", "ms_ssim")


def shard(job, folder):
    """Writes crops.npy, uint8 (count, PATCH, PATCH, 3)."""
    photos = data.load(job["data"], CONFIG.validation, CONFIG.patch, CONFIG.seed)
    shape = (job["count"], CONFIG.patch, CONFIG.patch, 3)
    new = folder / "new.npy"
    crops = np.lib.format.open_memmap(new, "w+", np.uint8, shape)
    common.wait_for_start()
    done = 0
    for batch in data.crops(photos, CONFIG):
        part = np.rint(255 * batch.numpy())[: len(crops) - done]
        crops[done : done + len(part)] = part
        done += len(part)
        if done % 100 < len(part):
            common.say(done=done)
        if done == len(crops):
            break
    crops.flush()
    new.replace(folder / "crops.npy")
    return {"crops": done, "photos": photos.count}


def train(job, folder):
    keras.utils.set_random_seed(common.SEED)
    model = models.build(models.preset(PRESET))
    adam = keras.optimizers.Adam(
        job["learning_rate"],
        global_clipnorm=CONFIG.clip_norm,
        use_ema=True,
        ema_momentum=CONFIG.ema,
    )
    model.compile(optimizer=adam)
    adam.build(model.trainable_variables)

    @tf.function
    def update(crops):
        return model.train_step(tf.cast(crops, tf.float32) / 255.0)["loss"]

    def step(crops, rate):
        adam.learning_rate = rate
        model.reset_metrics()  # they show the mean since the last reset
        return update(tf.constant(crops))

    counts = common.train(step, job)
    with averaged_weights(model):
        # Through a copy: a compiled model's file has the optimiser's slots, too.
        copy = models.build(model.config)
        copy.set_weights(model.get_weights())
    copy.save_weights(str(folder / WEIGHTS))
    return {
        **counts,
        "runtime": f"TensorFlow {tf.__version__}",
        "version": __version__,
        "parameters": sum(int(np.prod(v.shape)) for v in model.trainable_variables),
    }


def evaluate(job, folder):
    common.wait_for_start()
    model = models.build(models.preset(PRESET))
    model.load_weights(str(Path(job["model"]) / WEIGHTS))
    exported = folder / "model"
    export.export(model, exported, PHOTOS, name="race")
    codecs = {
        quality: LearnedCodec.load(exported, quality=quality, threads=1)
        for quality in RD_QUALITIES
    }
    rows = {quality: [] for quality in codecs}
    for done, photo in enumerate(evaluation.find_photos(job["kodak"]), 1):
        image = images.read(photo.path)
        for quality, codec in codecs.items():
            rows[quality].append(evaluation.measure(codec, image))
        common.say(done=done)
    means = {quality: evaluation.average(found) for quality, found in rows.items()}
    return {
        "points": [
            {"quality": quality, **{key: mean[key] for key in KEYS}}
            for quality, mean in means.items()
        ]
    }


def main():
    # The driver gives each worker one processor; more threads would only take turns.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    job, folder = common.read_job()
    works = {"shard": shard, "train": train, "evaluate": evaluate}
    common.write_json(folder / "result.json", works[job["work"]](job, folder))


if __name__ == "__main__":
    main()
