"""How good a codec is: metrics, baselines, sweeps, BD-rate, tables and figures.

NumPy and Pillow only. Everything measured here answers `codec.protocol.ImageCodec`,
so the learned codec and JPEG go through the same lines.
"""

from tfc_vae.evaluation.bd_rate import bd_rate, pchip
from tfc_vae.evaluation.classical import FAMILIES, Family, PillowCodec, at_size
from tfc_vae.evaluation.figure import make_figure
from tfc_vae.evaluation.metrics import decibels, ms_ssim, psnr
from tfc_vae.evaluation.report import table, to_json
from tfc_vae.evaluation.sweep import average, curve, measure, sweep

__all__ = [
    "FAMILIES",
    "Family",
    "PillowCodec",
    "at_size",
    "average",
    "bd_rate",
    "curve",
    "decibels",
    "make_figure",
    "measure",
    "ms_ssim",
    "pchip",
    "psnr",
    "sweep",
    "table",
    "to_json",
]
