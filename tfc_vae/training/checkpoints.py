"""The states of a run on disk: what a later run continues from, what `export` takes.

Three facts a reader would otherwise learn by a bug:
  1. The averaged weights go through a copy of the model: `save_weights` of a compiled
     model writes the optimiser's slots too, four times the size.
  2. A state with NaN is never written, so that the last good one stays.
  3. In a cluster every worker must do the very same to save, as reading the meters
     takes all of them. Only the chief's files are kept.
"""

import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow import keras

from tfc_vae import models
from tfc_vae.config import ConfigError
from tfc_vae.training.callbacks import averaged_weights, averages_of


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
        self._kept = self._manager(self.folder / "checkpoints")
        # Made here: `fit` calls back within the strategy's scope.
        self._copy = models.build(model.config) if chief else None
        self.saved = None  # the step of the newest good state on disk

    def restore(self) -> int:
        """Loads the newest state; returns the step it was taken at, 0 for none.

        Raises `RunError`: the state is damaged, or of another model or optimiser.
        """
        indices = (self.folder / "checkpoints").glob("ckpt-*.index")
        found = sorted(indices, key=lambda path: int(path.stem.partition("-")[2]))
        if not found:
            return 0
        path = found[-1].with_suffix("")
        try:
            # Made variables all exist by now: a name without a match is an error.
            self.state.restore(str(path)).assert_existing_objects_matched()
        except (AssertionError, ValueError) as error:
            raise RunError(
                f"{path} does not fit the model: {_first_line(error)}; was it made by "
                "another version? choose another --run"
            ) from error
        except (tf.errors.OpError, RuntimeError, LookupError) as error:
            before = f"from {found[-2].stem}" if found[:-1] else "from the beginning"
            raise RunError(
                f"{path} is damaged: {_first_line(error)}; delete {path.name}.* and "
                f"the same command continues {before}"
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
        if self.chief:
            self._kept.save(self.step)
            self._save_averaged()
        else:
            with tempfile.TemporaryDirectory() as discarded:
                self._manager(discarded).save(self.step)
        self.saved = self.step

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

    def _manager(self, folder):
        return tf.train.CheckpointManager(self.state, str(folder), max_to_keep=2)

    def _save_averaged(self):
        with averaged_weights(self.state.model):
            self._copy.set_weights(self.state.model.get_weights())
        new = self.folder / "new.weights.h5"
        self._copy.save_weights(str(new))
        new.replace(self.folder / "averaged.weights.h5")

    def on_epoch_end(self, epoch, logs=None):
        self.save()


def _first_line(error):
    return str(error).strip().partition("\n")[0]
