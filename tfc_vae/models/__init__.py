"""Subclassed Keras models, trained with `model.fit`.

    model = models.build(models.preset("vr"))
    model.compile(optimizer="adam")
    model.fit(crops)  # a tf.data.Dataset of (b, h, w, 3) in [0, 1]

Glossary, here and everywhere: x pixels, y latents, z hyper-latents, _hat what the
receiver knows.
"""

from tfc_vae.config import ModelConfig, pick
from tfc_vae.models import objective
from tfc_vae.models.halo import halos
from tfc_vae.models.hyperprior import Hyperprior, MeanScaleHyperprior
from tfc_vae.models.objective import rate_distortion
from tfc_vae.models.presets import PRESETS, preset
from tfc_vae.models.priors import DENSITIES
from tfc_vae.models.transforms import TRANSFORMS

BUILDERS = {"scale": Hyperprior, "mean_scale": MeanScaleHyperprior}


def build(config: ModelConfig) -> Hyperprior:
    """Returns a new model with all its variables; raises `ConfigError`."""
    pick(TRANSFORMS, "transforms", config.transforms)
    pick(DENSITIES, "density", config.density)
    pick(objective.DISTORTIONS, "distortion", config.distortion)
    make = pick(BUILDERS, "kind", config.kind)
    return make(config, name=config.kind).make_variables()


__all__ = [
    "BUILDERS",
    "PRESETS",
    "Hyperprior",
    "MeanScaleHyperprior",
    "build",
    "halos",
    "preset",
    "rate_distortion",
]
