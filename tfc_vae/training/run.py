"""A training run: a folder that holds everything, and that continues where it stopped.

config.json             model and training options
checkpoints/            the last two states (weights, optimiser, step)
averaged.weights.h5     what `export` takes
history.csv             one line per epoch
tensorboard/            the same as curves, with pictures
"""

import dataclasses
import math
from pathlib import Path

import tensorflow as tf
from tensorflow import keras

from tfc_vae import config as config_module
from tfc_vae import data, models
from tfc_vae.config import ConfigError, ModelConfig, TrainConfig
from tfc_vae.training.callbacks import Checkpoints, EvaluateAveraged, ImageGrid
from tfc_vae.training.schedule import optimizer

STRATEGIES = {
    "none": tf.distribute.get_strategy,
    "mirrored": tf.distribute.MirroredStrategy,
    "multiworker": tf.distribute.MultiWorkerMirroredStrategy,
}


def train(model_config, train_config, source, folder, strategy="none", verbose=1):
    """Trains a model, or continues the run in `folder`; returns the model.

    source: a folder of photos or `tfds:NAME[:SPLIT]`. A run that is interrupted leaves
    a state to continue from. Raises `ConfigError`, `data.DataError`.
    """
    folder = Path(folder)
    photos = data.load(
        source, train_config.validation, train_config.patch, train_config.seed
    )
    _check_same_model(folder, model_config)
    keras.utils.set_random_seed(train_config.seed)
    with STRATEGIES[strategy]().scope():
        model = models.build(model_config)
        model.compile(optimizer=optimizer(train_config))
    folder.mkdir(parents=True, exist_ok=True)
    config_module.save(folder / "config.json", model=model_config, train=train_config)
    return _fit(model, photos, train_config, folder, verbose)


def _fit(model, photos, config, folder, verbose):
    checkpoints = Checkpoints(folder)
    checkpoints.set_model(model)
    start = checkpoints.restore()
    held_out = data.validation(photos, config)
    try:
        model.fit(
            data.crops(photos, config, start),
            validation_data=held_out,
            steps_per_epoch=config.steps_per_epoch,
            initial_epoch=start // config.steps_per_epoch,
            epochs=math.ceil(config.steps / config.steps_per_epoch),
            callbacks=[
                keras.callbacks.TerminateOnNaN(),
                EvaluateAveraged(),
                checkpoints,
                keras.callbacks.CSVLogger(str(folder / "history.csv"), append=True),
                keras.callbacks.TensorBoard(str(folder / "tensorboard")),
                ImageGrid(folder / "tensorboard" / "pictures", held_out),
            ],
            verbose=verbose,
        )
    except KeyboardInterrupt:
        checkpoints.save()
        raise
    return model


def _check_same_model(folder, model_config):
    path = folder / "config.json"
    if not path.exists():
        return
    existing = load_config(folder)[0]
    if existing != model_config:
        changed = [
            f.name
            for f in dataclasses.fields(ModelConfig)
            if getattr(existing, f.name) != getattr(model_config, f.name)
        ]
        raise ConfigError(
            f"{folder} holds a run of another model ({', '.join(changed)} differ); "
            "choose another --run"
        )


def load_config(folder) -> tuple[ModelConfig, TrainConfig]:
    """Reads the options of a run."""
    path = Path(folder) / "config.json"
    if not path.exists():
        raise ConfigError(f"{folder}: no config.json; expected a folder of `train.py`")
    parts = config_module.load(path, model=ModelConfig, train=TrainConfig)
    return parts["model"], parts["train"]


def load_model(folder) -> keras.Model:
    """Rebuilds the model of a run, with its averaged weights."""
    model = models.build(load_config(folder)[0])
    path = Path(folder) / "averaged.weights.h5"
    if not path.exists():
        raise ConfigError(
            f"{path} is missing: the run has not finished its first epoch"
        )
    model.load_weights(str(path))
    return model
