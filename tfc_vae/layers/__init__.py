"""Keras layers that the models are made of; they know nothing of models."""

from tfc_vae.layers.blocks import (
    DepthToSpace,
    Residual,
    SignedLog,
    SpaceToDepth,
    conv,
    conv_transpose,
    leaky,
)
from tfc_vae.layers.dct import BlockDCT, block_dct, dct_spread
from tfc_vae.layers.gdn import GDN
from tfc_vae.layers.quantize import rounded, straight_through

__all__ = [
    "GDN",
    "BlockDCT",
    "DepthToSpace",
    "Residual",
    "SignedLog",
    "SpaceToDepth",
    "block_dct",
    "conv",
    "conv_transpose",
    "dct_spread",
    "leaky",
    "rounded",
    "straight_through",
]
