"""What train_race.py found: two curves compared, and the table of a result."""

import sys

import numpy as np

from tfc_vae import evaluation

GOAL = -30.0  # BD-rate, percent


def compare(ours, theirs):
    """BD-rate of our points against theirs, and both rates at each PSNR of theirs."""
    ours, theirs = (evaluation.curve(points) for points in (ours, theirs))
    low = max(min(ours["psnr"]), min(theirs["psnr"]))
    high = min(max(ours["psnr"]), max(theirs["psnr"]))
    order = np.argsort(ours["psnr"])
    psnr, rate = (np.array(ours[key])[order] for key in ("psnr", "bpp"))
    ratios = []
    for bpp, db in zip(theirs["bpp"], theirs["psnr"], strict=True):
        if psnr[0] <= db <= psnr[-1]:
            same = float(10 ** evaluation.pchip(psnr, np.log10(rate), [db])[0])
            row = {"psnr": db, "compressai_bpp": bpp, "ours_bpp": same}
            ratios.append({**row, "fewer_bits_percent": 100 * (1 - same / bpp)})
    try:
        bd_rate = evaluation.bd_rate(ours, against=theirs)
    except ValueError as error:  # no common range
        print(f"no BD-rate: {error}", file=sys.stderr)
        bd_rate = None
    return {
        "bd_rate_percent": bd_rate,
        "common_psnr": [low, high],
        "goal_percent": GOAL,
        "goal_met": bd_rate is not None and bd_rate <= GOAL,
        "at_equal_psnr": ratios,
    }


def table(document):
    lines = [
        "| side | rate point | bpp | PSNR (dB) | MS-SSIM |",
        "|---|---|--:|--:|--:|",
    ]
    for side, key in ("ours", "quality"), ("compressai", "lmbda"):
        for point in document[side]["points"]:
            similarity = point["ms_ssim"]
            shown = "" if similarity is None else f"{similarity:.4f}"
            lines.append(
                f"| {document[side]['name']} | {key} {point[key]:g} | "
                f"{point['bpp']:.4f} | {point['psnr']:.2f} | {shown} |"
            )
    for side in "ours", "compressai":
        done = document[side]["training"]
        lines.append(
            f"{document[side]['name']}: learning rate "
            f"{document[side]['learning_rate']:g}, {done['steps']} steps in "
            f"{done['seconds']:.0f} s, {done['rounds']:.2f} rounds of the crops"
        )
    low, high = document["common_psnr"]
    if document["bd_rate_percent"] is not None:
        lines.append(
            f"BD-rate of ours: {document['bd_rate_percent']:+.1f} % over {low:.2f} to "
            f"{high:.2f} dB (goal: {GOAL:+.0f} % or less)"
        )
    return "\n".join(lines)
