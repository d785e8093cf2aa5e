"""The SavedModels in processes of their own: this TensorFlow, and a current one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.serving.alike import assert_alike
from tfc_vae import images

SCRIPT = Path(__file__).parent / "session_script.py"
CURRENT = Path(__file__).parents[2] / ".venv-current" / "bin" / "python"


@pytest.fixture
def round_trip(tiny_model_dir, local, photo, tmp_path):
    """Runs the script with an interpreter, compares, and returns its TensorFlow."""

    def run(python):
        images.write(tmp_path / "photo.png", photo)
        data = local.compress(photo, 37.5)
        np.savez(
            tmp_path / "in.npz",
            image=np.fromfile(tmp_path / "photo.png", np.uint8),
            compressed=np.frombuffer(data, np.uint8),
            quality=np.float32(37.5),
        )
        arguments = [tiny_model_dir, tmp_path / "in.npz", tmp_path / "out.npz"]
        subprocess.run([python, SCRIPT, *arguments], check=True, cwd=tmp_path)
        with np.load(tmp_path / "out.npz") as out:
            assert_alike(local, out["compressed"].tobytes(), data)
            apart = images.read(out["png"].tobytes()).astype(int)
            assert np.abs(apart - local.decompress(data)).max() <= 1
            assert out["height"] == [120] and out["quality"] == [37.5]
            return str(out["version"])

    return run


def test_stock_tensorflow_runs_the_signatures(round_trip):
    assert round_trip(sys.executable).startswith("2.14.")


@pytest.mark.slow
def test_a_current_tensorflow_runs_the_signatures(round_trip):
    assert CURRENT.exists(), "run `make .venv-current/done`"
    assert not round_trip(CURRENT).startswith("2.14.")
