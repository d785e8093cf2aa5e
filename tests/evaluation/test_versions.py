"""No version of a model is worse on Kodak than the one before it."""

import copy
import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADVICE = (
    "new weights: run `tfc-vae evaluate KODAK --out report` as the README does, copy "
    "its results.json and averages.csv to benchmarks/kodak, run `python "
    "benchmarks/versions.py`, and commit all three with the model"
)
WORSE = (
    "takes more bits than the version before it at equal quality: do not land it, or "
    "say in CHANGELOG.md what it is better at and give it another name"
)


def load():
    path = ROOT / "benchmarks" / "versions.py"
    spec = importlib.util.spec_from_file_location("versions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


versions = load()
HISTORY = json.loads(versions.VERSIONS.read_text())


def complaints(history):
    """What is wrong with a history, in words."""
    for model, kept in history.items():
        before = None
        for version in kept["versions"]:
            name, points = f"{model} {version['model_id']}", version["points"]
            change = before and versions.bd_rate(points, before, kept["measure"])
            if change != version["bd_rate"]:
                yield f"{name}: {version['bd_rate']} %, but the points say {change}"
            if change is not None and change > 0:
                yield f"{name}: {change} %: {WORSE}"
            before = points


def test_no_version_is_worse_than_the_one_before_it():
    assert list(complaints(HISTORY)) == []


def test_the_newest_version_is_the_model_that_is_shipped_and_the_one_measured():
    measured = versions.measured()
    assert set(HISTORY) == set(measured)
    for model, kept in HISTORY.items():
        newest = kept["versions"][-1]
        manifest = ROOT / "saved_models" / model / "manifest.json"
        assert newest["model_id"] == json.loads(manifest.read_text())["model_id"], (
            ADVICE
        )
        assert (newest["model_id"], newest["points"]) == measured[model], ADVICE


@pytest.mark.parametrize("model", HISTORY)
@pytest.mark.parametrize(("rate", "expected"), [(1.02, 2.0), (0.98, -2.0)])
def test_a_version_with_other_rates_is_added_and_judged(model, rate, expected):
    points = copy.deepcopy(HISTORY[model]["versions"][-1]["points"])
    for point in points:
        point["bpp"] *= rate
    history = versions.added(HISTORY, {model: ("00000000000000ff", points)})
    assert history[model]["versions"][-1]["bd_rate"] == pytest.approx(
        expected, abs=0.01
    )
    said = list(complaints(history))
    assert len(said) == (1 if expected > 0 else 0)
    assert all(WORSE in line for line in said)


def test_a_bd_rate_that_the_points_do_not_say_is_noticed():
    history = copy.deepcopy(HISTORY)
    history["vr"]["versions"][0]["bd_rate"] = -5.0
    assert len(list(complaints(history))) == 1


def test_what_is_there_already_is_not_added_twice():
    assert versions.added(HISTORY, versions.measured()) == HISTORY
