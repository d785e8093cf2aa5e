"""The commands of serving/README.md, run as they stand, and the files beside it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.alike import assert_alike
from tfc_vae import images

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "serving"
BLOCKS = re.findall(
    r"^```(sh|python)\n(.*?)^```", (FOLDER / "README.md").read_text(), re.M | re.S
)
SHELL = ["bash", "-eo", "pipefail", "-c"]


@pytest.fixture
def run(server, tmp_path):
    """Runs a block against the stand-in and its model, in an empty folder."""
    (tmp_path / "photos").symlink_to(ROOT / "photos")
    commands = {"sh": SHELL, "python": [sys.executable, "-c"]}

    def run(language, code):
        for usual, here in (
            ("http://localhost:8501", server.rest),
            ("grpc://localhost:8500", server.grpc),
            ("localhost:8500", server.grpc.removeprefix("grpc://")),
            ("vr_", "tiny_"),
            ("--server", "--force --model tiny --server"),
            ("RemoteCodec(", 'RemoteCodec(model="tiny", url='),
            ("tfc-vae", f"{sys.executable} -m tfc_vae.cli"),
        ):
            code = code.replace(usual, here)
        done = subprocess.run(
            [*commands[language], code], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_every_block_does_what_the_text_says(run, local, tmp_path):
    photo = images.read(ROOT / "photos" / "kitten.png")
    data = local.compress(photo, 50)
    kinds = [language for language, _ in BLOCKS]
    assert kinds == ["sh", "sh", "python", "python", "sh"]
    curl, ours, client, official, bad = (run(*block) for block in BLOCKS)
    assert '"height": 390' in curl and '"quality": 50.0' in curl
    assert ours == ""
    assert "'height': 390" in client and official == ""
    assert "[magic: not a tfcv file: " in bad
    assert_alike(local, (tmp_path / "kitten.tfcv").read_bytes(), data)
    assert images.read(tmp_path / "kitten.png").shape == photo.shape


def test_the_health_check_finds_a_model_and_misses_one(server):
    text = (FOLDER / "docker-compose.yml").read_text()
    (script,) = re.findall(r">-\n(.*?)\n      interval", text, re.S)
    port = server.rest.rsplit(":")[-1]
    script = " ".join(script.split()).replace("/8501", f"/{port}")
    found = script.replace("vr_", "tiny_")
    assert subprocess.run([*SHELL, found], timeout=60).returncode == 0
    assert subprocess.run([*SHELL, script], timeout=60).returncode == 1


def test_the_configured_models_are_those_that_are_shipped():
    text = (FOLDER / "models.config").read_text()
    found = re.findall(r'name: "(.*)"\s+base_path: "/models/(.*)"', text)
    assert found == [("vr_encoder", "vr/encoder"), ("vr_decoder", "vr/decoder")]
    for _, path in found:
        assert (ROOT / "saved_models" / path / "1" / "saved_model.pb").is_file()
