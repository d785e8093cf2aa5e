"""From a trained model to files that run without it.

frozen = freeze(model, photos)      # integers and float networks
export(model, "saved_models/vr", "photos")
"""

from tfc_vae.export.freeze import Frozen, freeze
from tfc_vae.export.run import export
from tfc_vae.export.verify import VerifyError, verify

__all__ = ["Frozen", "VerifyError", "export", "freeze", "verify"]
