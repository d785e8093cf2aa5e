"""Photos in, batches of crops out."""

from tfc_vae.data.pipeline import crops, validation
from tfc_vae.data.sources import DataError, Photos, load

__all__ = ["DataError", "Photos", "crops", "load", "validation"]
