"""The states of a run on disk: what a later run continues from, what `export` takes.

Three facts a reader would otherwise learn by a bug:
  1. The averaged weights go through a copy of the model: `save_weights` of a compiled
     model writes the optimiser's slots too, four times the size.
  2. A state with NaN is never written, so that the last good one stays.
  3. In a cluster every worker must save, because reading the meters takes all of them.
     Only the chief's files are kept.
"""

import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow import keras

from tfc_vae import models
from tfc_vae.config import ConfigError
from tfc_vae.training.callbacks import averages_of


class RunError(ConfigError):
    """A run that cannot go on: its files are damaged, or its weights became NaN."""


class Checkpoints(keras.callbacks.Callback):
    """Keeps the last two states of the run, and the averaged weights for `export`.

    To be made outside of a strategy's scope, of a model whose optimiser is built.
    """

    def __init__(self, model, folder, chief=True):
        super().__init__()
        self.folder = Path(folder)
        self.chief = chief
        self.state = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
        if not chief:
            self._discarded = tempfile.TemporaryDirectory()
        self.manager = tf.train.CheckpointManager(
            self.state,
            str(self.folder / "checkpoints") if chief else self._discarded.name,
            max_to_keep=2,
        )
        self.averaged = models.build(model.config)
        self.saved = None  # the step of the newest good state on disk

    def restore(self) -> int:
        """Loads the newest state; returns the step it was taken at, 0 for none.

        Raises `RunError`: the state is damaged or of a differently built optimiser.
        """
        indices = (self.folder / "checkpoints").glob("ckpt-*.index")
        found = sorted(indices, key=lambda path: int(path.stem.partition("-")[2]))
        if not found:
            return 0
        path = found[-1].with_suffix("")
        try:
            # Made variables all exist by now: a name without a match is an error.
            self.state.restore(str(path)).assert_existing_objects_matched()
        except AssertionError as error:
            raise RunError(
                f"{path} has not the variables of this run; ema cannot be switched on "
                "or off in the middle: choose another --run"
            ) from error
        except (tf.errors.OpError, RuntimeError, ValueError) as error:
            before = f"from {found[-2].stem}" if found[:-1] else "from the beginning"
            reason = str(error).partition("\n")[0]
            raise RunError(
                f"{path} is damaged: {reason}; delete {path.name}.* and the same "
                f"command continues {before}"
            ) from error
        self.saved = self.step
        return self.step

    @property
    def step(self) -> int:
        """Steps that the optimiser has done."""
        return int(self.state.optimizer.iterations.numpy())

    def save(self):
        """Writes the state of this moment, unless it has a NaN or an infinity."""
        if not self._finite():
            return
        self.manager.save(self.step)
        self.saved = self.step
        if self.chief:
            self._save_averaged()

    def check_finite(self):
        """Raises `RunError` if a weight has become NaN or infinite."""
        if self._finite():
            return
        kept = "no state" if self.saved is None else f"the state of step {self.saved}"
        raise RunError(
            f"the weights became NaN or infinite before step {self.step}; "
            f"{self.folder} has {kept}: continue with a lower --learning-rate"
        )

    def _finite(self):
        model = self.state.model
        variables = (*model.trainable_variables, *averages_of(model))
        return all(np.isfinite(variable.numpy()).all() for variable in variables)

    def _save_averaged(self):
        self.averaged.set_weights(self.state.model.get_weights())
        averages = averages_of(self.state.model)
        if averages:
            for variable, average in zip(
                self.averaged.trainable_variables, averages, strict=True
            ):
                variable.assign(average.numpy())
        new = self.folder / "new.weights.h5"
        self.averaged.save_weights(str(new))
        new.replace(self.folder / "averaged.weights.h5")

    def on_epoch_end(self, epoch, logs=None):
        self.save()
