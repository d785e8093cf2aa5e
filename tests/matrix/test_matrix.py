"""Every reader on every golden photo: equal symbols, pixels within one level."""

import importlib
import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.android import jvm
from tests.golden import read
from tests.matrix import javascript
from tests.matrix.readers import READERS, difference
from tfc_vae.codec import store

ROOT = Path(__file__).parents[2]
BROWSER = "Chromium"
# What each part says of itself where it runs, in whatever words.
SAYS_ITSELF = {
    "numpy": lambda: np.__version__,
    "ai-edge-litert": lambda: importlib.import_module("ai_edge_litert").__version__,
    "tensorflow": lambda: importlib.import_module("tensorflow").__version__,
    "openjdk": lambda: said(jvm.tool("java"), "--version"),
    "Node.js": lambda: said("node", "-p", "process.version"),
    "Chromium": lambda: said(javascript.browser(), "--version"),
    "LiteRT.js": lambda: (ROOT / "web/package-lock.json").read_text(),
}


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@cache
def decoded(reader, name):
    """What a reader makes of a golden photo, and the photo."""
    photo = read.load(name)
    why = read.misfit(photo, store.find(None))
    assert not why, why
    return reader.read(photo), photo


def params():
    for reader in READERS:
        marks = [pytest.mark.web] if BROWSER in reader.name else []
        yield pytest.param(reader, id=reader.name, marks=marks)


@pytest.fixture(params=params())
def reader(request):
    why = request.param.missing()
    # Who asks for the browser must have it.
    assert not (why and BROWSER in request.param.name), why
    if why:
        pytest.skip(why)
    return request.param


@pytest.mark.parametrize("name", read.NAMES)
def test_it_reads_the_golden_photo(reader, name):
    found, photo = decoded(reader, name)
    assert found.y is not None or found.pixels is not None
    if found.y is not None:
        np.testing.assert_array_equal(found.z, photo.arrays["z"])
        np.testing.assert_array_equal(found.y, photo.arrays["y"])
    if found.pixels is not None:
        assert found.pixels.dtype == np.uint8
        assert difference(found.pixels, photo.arrays["pixels"]) <= 1


def test_it_says_its_version(reader):
    """Kills: a name without its number, or with the number of something else."""
    for part in reader.version().split(", "):
        name, _, number = part.rpartition(" ")
        assert re.fullmatch(r"v?\d+(\.\d+)+[\w.+-]*", number), part
        assert name in SAYS_ITSELF
        assert number in SAYS_ITSELF[name]()
