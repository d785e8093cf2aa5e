"""tfc-vae compress and decompress with --server."""

import numpy as np
import pytest

from tests.serving.alike import assert_alike
from tfc_vae import images
from tfc_vae.cli.__main__ import main


@pytest.fixture
def run(capsys):
    """Runs a command line; returns its exit code and the standard error."""

    def run(*argv):
        code = main([str(word) for word in argv])
        return code, capsys.readouterr().err

    return run


@pytest.fixture
def picture(photo, tmp_path):
    images.write(tmp_path / "photo.png", photo)
    return tmp_path / "photo.png"


def test_the_server_does_what_this_machine_does(
    run, url, picture, photo, local, tmp_path
):
    packed, out = tmp_path / "a.tfcv", tmp_path / "b.png"
    remote = ("--server", url, "--model", "tiny")
    assert run("compress", *remote, "-q", 30, picture, packed) == (0, "")
    data = packed.read_bytes()
    assert_alike(local, data, local.compress(photo, 30))
    code, said = run("decompress", "-v", *remote, packed, out)
    assert code == 0 and f"model tiny at {url}" in said
    assert np.abs(images.read(out).astype(int) - local.decompress(data)).max() <= 1


def test_what_the_server_cannot_do_is_refused(run, server, picture, tmp_path):
    for words in (("--target-bpp", 1), ("--effort", 2)):
        out = tmp_path / "a.tfcv"
        code, said = run("compress", "--server", server.rest, *words, picture, out)
        assert code == 2 and "--server takes a --quality" in said
        assert not out.exists()


def test_a_server_that_is_not_there_is_one_line(run, picture, tmp_path):
    out = tmp_path / "a.tfcv"
    code, said = run("compress", "--server", "http://127.0.0.1:1", picture, out)
    assert code == 2 and said.count("\n") == 1 and "refused" in said
    assert not out.exists()


def test_a_damaged_file_is_named(run, server, local, photo, tmp_path):
    bad = tmp_path / "bad.tfcv"
    bad.write_bytes(local.compress(photo)[:-1])
    code, said = run("decompress", "--server", server.rest, bad, tmp_path / "b.png")
    assert code == 2 and said.startswith(f"tfc-vae: {bad}: truncated")
