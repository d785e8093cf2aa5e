"""What each version of a model reached on Kodak: kodak/versions.json.

    python benchmarks/versions.py

After new weights: the evaluation on Kodak that the README names, its results.json and
averages.csv into kodak/, then this. It adds an entry for each model that is not the
newest one there; tests/evaluation/test_versions.py refuses what became worse.

The file is {model: {"measure", "versions"}}, oldest first; measure is what the model
was trained for. A version has its model_id, its points (mean bpp, PSNR and MS-SSIM of
each quality) and its BD-rate in percent against the version before it, null if first.
"""

import json
from pathlib import Path

from tfc_vae import evaluation

FOLDER = Path(__file__).with_name("kodak")
VERSIONS = FOLDER / "versions.json"
MEASURES = {"vr": "psnr", "vr-msssim": "ms_ssim"}


def measured():
    """{model: (its id, its points)} of the results that are here."""
    results = json.loads((FOLDER / "results.json").read_text())
    found = {}
    for model in MEASURES:
        name = f"tfc_vae {model}"
        (codec,) = [c for c in results["codecs"] if c["name"] == name]
        model_id = codec["settings"].split(",")[0].removeprefix("model ")
        rows = [row for row in results["averages"] if row["codec"] == name]
        points = [
            {
                "quality": float(row["quality"]),
                "bpp": round(row["bpp"], 5),
                "psnr": round(row["psnr"], 4),
                "ms_ssim": round(row["ms_ssim"], 6),
            }
            for row in rows
        ]
        found[model] = model_id, points
    return found


def curve(points, measure):
    """Points as `evaluation.bd_rate` takes them, in dB."""
    values = [point[measure] for point in points]
    if measure == "ms_ssim":
        values = [evaluation.decibels(value) for value in values]
    return {"bpp": [point["bpp"] for point in points], "db": values}


def bd_rate(points, before, measure):
    """Of a version against the one before it, in percent; negative is better."""
    new, old = curve(points, measure), curve(before, measure)
    return round(evaluation.bd_rate(new, against=old, quality="db"), 3)


def added(history, found):
    """The history with what was measured; what is there already stays."""
    history = json.loads(json.dumps(history))
    for model, (model_id, points) in found.items():
        empty = {"measure": MEASURES[model], "versions": []}
        versions = history.setdefault(model, empty)["versions"]
        if versions and versions[-1]["model_id"] == model_id:
            continue
        before = versions[-1]["points"] if versions else None
        change = bd_rate(points, before, MEASURES[model]) if before else None
        versions.append({"model_id": model_id, "bd_rate": change, "points": points})
    return history


def main():
    history = json.loads(VERSIONS.read_text()) if VERSIONS.exists() else {}
    text = json.dumps(added(history, measured()), indent=1)
    VERSIONS.write_text(text + "\n")


if __name__ == "__main__":
    main()
