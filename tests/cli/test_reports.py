"""models, demo, evaluate."""

import json

import numpy as np
import pytest
from PIL import Image

import tfc_vae
from tfc_vae import evaluation, images


def test_models_lists_what_the_manifest_says(tiny, cli):
    manifest = json.loads((tiny / "manifest.json").read_text())
    found = {model["name"]: model for model in json.loads(cli("models", "--json").out)}
    model = found["tiny"]
    assert model["model_id"] == manifest["model_id"]
    assert model["rate_distortion"] == manifest["rate_distortion"]
    assert model["files"]["tflite/decoder.tflite"] == (
        (tiny / "tflite" / "decoder.tflite").stat().st_size
    )
    text = cli("models").out
    assert manifest["model_id"] in text and "decoder.tflite" in text
    for row in manifest["rate_distortion"]["rows"]:
        assert f"{row['bpp']:.3f}  {row['psnr']:7.2f}" in text


@pytest.fixture
def folder(photo, tmp_path):
    """Two images and something that is none."""
    folder = tmp_path / "images"
    folder.mkdir()
    images.write(folder / "a.png", photo)
    images.write(folder / "b.png", np.ascontiguousarray(photo[:100, ::-1]))
    (folder / "README.md").write_text("no image")
    return folder


def test_demo_writes_its_files_and_rivals_are_no_larger(cli, photo_path, tmp_path):
    out = tmp_path / "demo"
    result = cli("demo", photo_path, "--model", "tiny", "--out", out)
    assert result.code == 0
    names = {"photo.tfcv", "photo.decoded.png", "comparison.png"}
    assert {path.name for path in out.iterdir()} == names
    data = (out / "photo.tfcv").read_bytes()
    decoded = images.read(out / "photo.decoded.png")
    assert np.array_equal(decoded, tfc_vae.decompress(data))
    with Image.open(out / "comparison.png") as figure:
        assert figure.width > 1000
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in result.out.splitlines()
        if line.startswith("|")
    ][2:]
    assert [row[0].split()[0] for row in rows] == ["tfc_vae", "JPEG", "WebP", "AVIF"]
    assert int(rows[0][1]) == len(data)
    assert all(int(row[1]) <= len(data) for row in rows)


def test_demo_chooses_a_photo_and_a_folder_and_may_be_repeated(
    cli, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert cli("demo", "--model", "tiny").code == 0
    data = (tmp_path / "demo" / "budgie.tfcv").read_bytes()
    assert tfc_vae.info(data)["width"] == 576


def test_demo_names_the_rivals_that_cannot_be_so_small(cli, tmp_path):
    images.write(tmp_path / "dot.png", np.zeros((1, 1, 3), np.uint8))
    out = tmp_path / "demo"
    result = cli("demo", tmp_path / "dot.png", "--model", "tiny", "--out", out)
    assert result.code == 0 and (out / "comparison.png").exists()
    size = (out / "dot.tfcv").stat().st_size
    assert f"JPEG cannot fit this image in {size} bytes" in result.out


def test_evaluate_averages_over_the_images_and_compares(folder, cli, tiny, tmp_path):
    # A codec with twice the bits at every PSNR: ours must come out at -50 %.
    first = [
        evaluation.average([evaluation.measure(codec, images.read(p)) for p in paths])
        for paths in [sorted(folder.glob("*.png"))]
        for codec in codecs(tiny, (1, 50, 100))
    ]
    double = evaluation.curve(first)
    double["bpp"] = [2 * bpp for bpp in double["bpp"]]
    far = {"bpp": [1, 2], "psnr": [70, 80]}
    curves = {"codecs": {"double": double, "far": far}}
    (tmp_path / "anchors.json").write_text(json.dumps(curves))

    words = ["evaluate", folder, "--model", "tiny", "--quality", 1, 50, 100]
    words += ["--against", tmp_path / "anchors.json", "--json", tmp_path / "o.json"]
    result = cli(*words)
    assert result.code == 0
    assert "2 images" in result.out and "no common PSNR range" in result.out
    document = json.loads((tmp_path / "o.json").read_text())
    assert document["command"].startswith("tfc-vae evaluate ")
    for row, expected in zip(document["rows"], first, strict=True):
        for key in ("bpp", "psnr", "images", "bytes"):
            assert row[key] == expected[key]
    assert document["bd_rate"]["double"] == pytest.approx(-50, abs=1e-6)
    assert document["bd_rate"]["far"] is None


def codecs(folder, qualities):
    from tfc_vae.codec import LearnedCodec

    return [LearnedCodec.load(folder, quality=quality) for quality in qualities]


def test_evaluate_refuses_what_it_cannot_measure(folder, fails, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    words = ("evaluate", "--model", "tiny")
    assert "no images" in fails(*words, empty)
    assert "No such file" in fails(*words, tmp_path / "missing")
    assert "1 to 100" in fails(*words, folder, "--quality", "101")
    for text in ("[]", "{", '{"codecs": {"a": {"bpp": [1]}}}', '{"codecs": 3}'):
        (tmp_path / "bad.json").write_text(text)
        line = fails(*words, folder, "--against", tmp_path / "bad.json")
        assert "bad.json" in line and '"codecs"' in line
    assert "--force" in fails(*words, folder, "--json", tmp_path / "bad.json")
