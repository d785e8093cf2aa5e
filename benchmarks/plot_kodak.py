"""Draws rate and distortion on Kodak: this repository's model among published codecs.

    tfc-vae evaluate KODAK --against benchmarks/kodak_anchors.json \
        --json benchmarks/kodak_vr.json
    python benchmarks/plot_kodak.py                      writes docs/kodak.png

KODAK: a folder with the 24 images. Left PSNR, right MS-SSIM in decibels,
-10 log10(1 - MS-SSIM), for the codecs whose MS-SSIM is known.
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from tfc_vae.evaluation import decibels  # noqa: E402

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "docs" / "kodak.png"
# Name in kodak_anchors.json -> name and colour in the picture, worst first.
SHOWN = {
    "JPEG 4:2:0 (CompressAI)": ("JPEG 4:2:0", "#9a9a9a"),
    "WebP method 6 (Pillow)": ("WebP", "#c9a227"),
    "AVIF 4:4:4 speed 6 (Pillow)": ("AVIF, speed 6", "#3f8f5b"),
    "bmshj2018-hyperprior": ("bmshj2018 hyperprior", "#8e6bbf"),
    "mbt2018-mean": ("mbt2018 mean", "#5a6fc0"),
    "BPG 4:4:4": ("BPG 4:4:4", "#4a4a4a"),
    "VTM": ("VVC (VTM)", "#111111"),
}
LIMITS = (0, 2.0)  # bpp


def main():
    anchors = json.loads((HERE / "kodak_anchors.json").read_text())["codecs"]
    rows = json.loads((HERE / "kodak_vr.json").read_text())["rows"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5.2), dpi=110)
    for name, (label, colour) in SHOWN.items():
        curve = anchors[name]
        draw(left, curve["bpp"], curve["psnr"], label, colour)
        if "ms_ssim" in curve:
            known = curve["ms_ssim"]
            draw(right, known["bpp"], known["db"], label, colour)
    bpp = [row["bpp"] for row in rows]
    style = {"color": "#d1345b", "linewidth": 2.6, "marker": "o", "markersize": 4}
    left.plot(bpp, [row["psnr"] for row in rows], label="tfc_vae vr", **style)
    similar = [decibels(row["ms_ssim"]) for row in rows]
    right.plot(bpp, similar, label="tfc_vae vr", **style)
    for axes, title in ((left, "PSNR (dB)"), (right, "MS-SSIM (dB)")):
        axes.set(xlim=LIMITS, xlabel="bits per pixel", title=title)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="lower right")
    left.set_ylim(24, 42)
    right.set_ylim(8, 24)
    figure.suptitle("Kodak, 24 images: mean over the images, bytes of real files")
    figure.tight_layout()
    OUTPUT.parent.mkdir(exist_ok=True)
    figure.savefig(OUTPUT)
    print(OUTPUT)


def draw(axes, x, y, label, colour):
    """One published curve."""
    axes.plot(x, y, label=label, color=colour, linewidth=1.4)


if __name__ == "__main__":
    main()
