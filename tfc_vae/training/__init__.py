"""Training runs around Keras's own `fit`."""

from tfc_vae.training.checkpoints import RunError
from tfc_vae.training.run import load_config, load_model, train
from tfc_vae.training.schedule import HoldThenDecay, optimizer

__all__ = [
    "HoldThenDecay",
    "RunError",
    "load_config",
    "load_model",
    "optimizer",
    "train",
]
