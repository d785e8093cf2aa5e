"""Keras layers that the models are made of; they know nothing of models."""

from tfc_vae.layers.blocks import (
    DepthToSpace,
    Residual,
    SpaceToDepth,
    conv,
    conv_transpose,
    leaky,
)
from tfc_vae.layers.dct import BlockDCT, block_dct
from tfc_vae.layers.gdn import GDN
from tfc_vae.layers.quantize import rounded, straight_through

__all__ = [
    "GDN",
    "BlockDCT",
    "DepthToSpace",
    "Residual",
    "SpaceToDepth",
    "block_dct",
    "conv",
    "conv_transpose",
    "leaky",
    "rounded",
    "straight_through",
]
