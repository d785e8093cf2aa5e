"""The command line as a process of its own: streams, pipes, what it imports."""

import subprocess
import sys

import numpy as np
import pytest

import tfc_vae
from tfc_vae import images

MAIN = [sys.executable, "-m", "tfc_vae.cli"]
WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None  # importing it is an error now
from tfc_vae.cli.__main__ import main
sys.exit(main())
"""
CHECKED = """
import sys
from tfc_vae.cli.__main__ import main
code = main(sys.argv[1:])
print(*(n for n in ("tensorflow", "keras", "tensorflow_compression")
        if n in sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def process(tiny):
    def run(*argv, input=b"", program=MAIN):
        return subprocess.run(
            [*program, *map(str, argv)], input=input, capture_output=True, timeout=300
        )

    return run


def test_dashes_make_a_pipeline_and_success_is_silent(process, photo_path, photo, tiny):
    png = photo_path.read_bytes()
    packed = process("compress", "--model", "tiny", "-q", "40", "-", "-", input=png)
    assert (packed.returncode, packed.stderr) == (0, b"")
    assert packed.stdout == tfc_vae.compress(photo, 40, tiny)
    facts = process("info", "-", input=packed.stdout)
    assert (facts.returncode, facts.stderr) == (0, b"")
    unpacked = process("decompress", "-", "-", input=packed.stdout)
    assert (unpacked.returncode, unpacked.stderr) == (0, b"")
    expected = tfc_vae.decompress(packed.stdout)
    assert np.array_equal(images.read(unpacked.stdout), expected)


def test_damaged_input_on_a_pipe_is_one_line(process, coded):
    done = process("decompress", "-", "-", input=coded[:-3])
    assert done.returncode == 2 and done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and "the standard input: truncated" in lines[0]


def test_compress_and_decompress_import_no_tensorflow(process, photo_path, tmp_path):
    program = [sys.executable, "-c", CHECKED]
    packed = tmp_path / "a.tfcv"
    for words in (
        ("compress", "--model", "tiny", photo_path, packed),
        ("decompress", packed, tmp_path / "b.png"),
    ):
        done = process(*words, program=program)
        assert (done.returncode, done.stderr.strip()) == (0, b"")


@pytest.mark.parametrize("verb", ["info", "decompress"])
def test_a_reader_that_goes_away_is_not_an_error_to_talk_about(
    verb, tiny, coded, tmp_path
):
    (tmp_path / "a.tfcv").write_bytes(coded)
    words = [verb, str(tmp_path / "a.tfcv"), *(["-"] if verb == "decompress" else [])]
    child = subprocess.Popen(
        [*MAIN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    child.stdout.close()
    errors = child.stderr.read()
    child.stderr.close()
    assert (child.wait(60), errors) == (141, b"")


def test_version_and_help_are_printed(process):
    done = process("--version")
    assert done.stdout.decode() == f"tfc-vae {tfc_vae.__version__}\n"
    text = process("--help").stdout.decode()
    for verb in ("compress", "decompress", "info", "models", "demo", "evaluate"):
        assert verb in text


def test_training_without_tensorflow_compression_says_what_it_needs(process, tmp_path):
    program = [sys.executable, "-c", WITHOUT, "tensorflow_compression"]
    for words in (
        ("train", "--data", tmp_path, "--run", tmp_path / "run"),
        ("export", tmp_path / "run", "--out", tmp_path / "out"),
    ):
        done = process(*words, program=program)
        lines = done.stderr.decode().splitlines()
        assert done.returncode == 2 and len(lines) == 1
        assert "Python 3.10 or 3.11" in lines[0] and "requirements.txt" in lines[0]
    assert not (tmp_path / "run").exists() and not (tmp_path / "out").exists()


def test_the_tf_backend_without_tensorflow_names_the_package(process, coded, tmp_path):
    program = [sys.executable, "-c", WITHOUT, "tensorflow"]
    (tmp_path / "a.tfcv").write_bytes(coded)
    words = ("decompress", "--backend", "tf", tmp_path / "a.tfcv", tmp_path / "b.png")
    done = process(*words, program=program)
    assert done.returncode == 2 and done.stderr.decode().count("\n") == 1
    assert "the package tensorflow is missing" in done.stderr.decode()
    assert not (tmp_path / "b.png").exists()
