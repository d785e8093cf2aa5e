"""What happens beside the steps: averaged weights, checkpoints, pictures."""

import contextlib
from pathlib import Path

import tensorflow as tf
from tensorflow import keras


@contextlib.contextmanager
def averaged_weights(model):
    """Within the block the model has the average of its weights, afterwards its own."""
    averages = getattr(model.optimizer, "_model_variables_moving_average", [])
    variables = model.trainable_variables
    own = [v.numpy() for v in variables]
    for variable, average in zip(variables, averages, strict=False):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, value in zip(variables, own, strict=True):
            variable.assign(value)


class EvaluateAveraged(keras.callbacks.Callback):
    """Validation during `fit` sees the averaged weights."""

    def on_test_begin(self, logs=None):
        self._swapped = averaged_weights(self.model)
        self._swapped.__enter__()

    def on_test_end(self, logs=None):
        self._swapped.__exit__(None, None, None)


class Checkpoints(keras.callbacks.Callback):
    """Keeps the last two states of the run, and the averaged weights for `export`."""

    def __init__(self, folder):
        super().__init__()
        self.folder = Path(folder)

    def set_model(self, model):
        super().set_model(model)
        state = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
        self.manager = tf.train.CheckpointManager(
            state, str(self.folder / "checkpoints"), max_to_keep=2
        )

    def restore(self) -> int:
        """Loads the newest state; returns the step it was taken at, 0 for none."""
        self.model.optimizer.build(self.model.trainable_variables)
        path = self.manager.latest_checkpoint
        if path:
            # Made variables all exist by now: a name without a match is an error.
            self.manager.checkpoint.restore(path).assert_existing_objects_matched()
        return int(self.model.optimizer.iterations)

    def save(self):
        self.manager.save(int(self.model.optimizer.iterations))
        new = self.folder / "new.weights.h5"
        with averaged_weights(self.model):
            self.model.save_weights(str(new))
        new.replace(self.folder / "averaged.weights.h5")

    def on_epoch_end(self, epoch, logs=None):
        self.save()


class ImageGrid(keras.callbacks.Callback):
    """Writes validation crops over their reconstructions to TensorBoard."""

    def __init__(self, folder, crops):
        super().__init__()
        self.writer = tf.summary.create_file_writer(str(folder))
        self.crops = crops

    def on_epoch_end(self, epoch, logs=None):
        x = next(iter(self.crops))
        with averaged_weights(self.model):
            x_hat = self.model(x, training=False)["x_hat"]
        pair = tf.concat([x, tf.clip_by_value(x_hat, 0, 1)], axis=1)
        grid = tf.concat(tf.unstack(pair), axis=1)[tf.newaxis]  # side by side
        with self.writer.as_default(step=epoch):
            tf.summary.image("original over reconstruction, rate rising", grid)
