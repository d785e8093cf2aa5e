"""The command line, called in this process, with the small model at hand."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

import tfc_vae
from tfc_vae import images
from tfc_vae.cli.__main__ import main

PHOTO = Path(__file__).parents[2] / "photos" / "kitten.png"


class Result(NamedTuple):
    code: int
    out: str
    lines: list[str]  # of the standard error


@pytest.fixture
def tiny(tiny_model_dir, monkeypatch):
    """Makes the model `tiny` one that is found by name and by id."""
    monkeypatch.setenv("TFC_VAE_MODELS", str(tiny_model_dir.parent))
    return tiny_model_dir


@pytest.fixture
def cli(tiny, capsys):
    """Runs a command line; argparse's own exit counts as an exit code."""

    def run(*argv):
        try:
            code = main([str(word) for word in argv])
        except SystemExit as stopped:
            code = stopped.code
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err.splitlines())

    return run


@pytest.fixture
def fails(cli, tmp_path):
    """Runs a command line that must fail well; returns its one line."""

    def contents():
        return {
            path: path.read_bytes() if path.is_file() and os.access(path, 4) else None
            for path in tmp_path.rglob("*")
        }

    def run(*argv):
        before = contents()
        result = cli(*argv)
        assert result.code == 2 and result.out == ""
        assert len(result.lines) == 1 and result.lines[0].startswith("tfc-vae: ")
        assert contents() == before  # nothing written, nothing lost
        return result.lines[0]

    return run


@pytest.fixture(scope="session")
def photo():
    """Part of a photo, small enough to be quick: uint8 (120, 150, 3)."""
    return images.read(PHOTO)[100:220, 200:350]


@pytest.fixture
def photo_path(photo, tmp_path):
    path = tmp_path / "photo.png"
    images.write(path, photo)
    return path


@pytest.fixture(scope="session")
def coded(photo, tiny_model_dir):
    """The bytes of a valid file."""
    return tfc_vae.compress(photo, 40, tiny_model_dir)
