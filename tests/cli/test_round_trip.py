"""compress and decompress on every kind of image, and what they print."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageCms

import tfc_vae
from tfc_vae import container, evaluation, images

COMPRESS = ("compress", "--model", "tiny")


def kinds(photo):
    """name: (Pillow image, type, options of save, words of the expected warning)."""
    rgb = Image.fromarray(photo)
    half = rgb.copy()
    half.putalpha(128)
    exif = Image.Exif()
    exif[0x0112] = 6  # stands on its side
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    deep = Image.fromarray(photo[..., 1].astype(np.uint16) * 257)
    return {
        "1x1": (rgb.crop((0, 0, 1, 1)), "png", {}, None),
        "1 high": (rgb.crop((0, 0, 37, 1)), "png", {}, None),
        "1 wide": (rgb.crop((0, 0, 1, 70)), "png", {}, None),
        "odd": (rgb.crop((0, 0, 65, 33)), "png", {}, None),
        "grey": (rgb.convert("L"), "png", {}, None),
        "palette": (rgb.quantize(16), "png", {}, None),
        "transparent": (half, "png", {}, "transparent"),
        "16-bit": (deep, "png", {}, "65535"),
        "CMYK": (rgb.convert("CMYK"), "jpg", {}, None),
        "EXIF": (rgb, "jpg", {"exif": exif}, None),
        "ICC": (rgb, "png", {"icc_profile": srgb}, None),
    }


@pytest.mark.parametrize("kind", kinds(np.zeros((70, 70, 3), np.uint8)))
def test_any_image_goes_in_and_comes_out_in_its_size(kind, photo, cli, tmp_path):
    image, extension, options, warning = kinds(photo)[kind]
    source, packed = tmp_path / f"in.{extension}", tmp_path / "a.tfcv"
    image.save(source, **options)
    upright = image.size[::-1] if kind == "EXIF" else image.size

    result = cli(*COMPRESS, source, packed)
    assert result.code == 0 and result.out == ""
    assert len(result.lines) == (warning is not None)
    for line in result.lines:
        assert line.startswith("tfc-vae: warning: ") and warning in line

    assert cli("decompress", packed, tmp_path / "out.png") == (0, "", [])
    with Image.open(tmp_path / "out.png") as decoded:
        assert decoded.size == upright and decoded.mode == "RGB"
        assert np.array_equal(decoded, tfc_vae.decompress(packed.read_bytes()))


def test_a_photo_comes_back_alike(photo_path, photo, cli, tmp_path):
    cli(*COMPRESS, "-q", 100, photo_path, tmp_path / "a.tfcv")
    cli("decompress", tmp_path / "a.tfcv", tmp_path / "b.png")
    # The model's training lasted seconds; a grey image has 15 dB.
    assert evaluation.psnr(photo, images.read(tmp_path / "b.png")) > 20


def test_both_backends_read_each_others_files(photo_path, cli, tmp_path):
    for writer, reader in (("litert", "tf"), ("tf", "litert")):
        packed = tmp_path / f"{writer}.tfcv"
        assert cli(*COMPRESS, "--backend", writer, photo_path, packed).code == 0
        first, second = tmp_path / f"{writer}.1.png", tmp_path / f"{writer}.2.png"
        assert cli("decompress", "--backend", writer, packed, first).code == 0
        assert cli("decompress", "--backend", reader, packed, second).code == 0
        apart = images.read(first).astype(int) - images.read(second)
        assert np.abs(apart).max() <= 1


def test_the_extension_chooses_the_type(coded, cli, tmp_path):
    (tmp_path / "a.tfcv").write_bytes(coded)
    for name, format in (("b.png", "PNG"), ("b.jpg", "JPEG"), ("b.webp", "WEBP")):
        assert cli("decompress", tmp_path / "a.tfcv", tmp_path / name).code == 0
        with Image.open(tmp_path / name) as image:
            assert image.format == format


def test_higher_quality_means_more_bytes_and_a_better_picture(photo, photo_path, cli):
    sizes, similarities = [], []
    for quality in (1, 20, 50, 100):
        packed = photo_path.with_name(f"{quality}.tfcv")
        cli(*COMPRESS, "-q", quality, photo_path, packed)
        sizes.append(packed.stat().st_size)
        decoded = tfc_vae.decompress(packed.read_bytes())
        similarities.append(evaluation.psnr(photo, decoded))
    assert sizes == sorted(set(sizes))
    assert similarities == sorted(set(similarities))


def test_verbose_prints_the_numbers_of_the_real_file(photo_path, cli):
    packed = photo_path.with_name("a.tfcv")
    result = cli(*COMPRESS, "-v", "-q", 30.5, photo_path, packed)
    size = packed.stat().st_size
    assert result.code == 0 and result.out == "" and len(result.lines) == 1
    for text in ("150 x 120", "quality 30.5", f"{size} bytes", "model tiny"):
        assert text in result.lines[0]
    assert f"{8 * size / (150 * 120):.4f} bpp" in result.lines[0]

    result = cli("decompress", "-v", packed, photo_path.with_name("b.png"))
    assert result.out == "" and len(result.lines) == 1
    assert "150 x 120" in result.lines[0] and f"{size} bytes" in result.lines[0]


def test_info_says_what_the_header_says(coded, tiny, cli, tmp_path):
    path = tmp_path / "a.tfcv"
    path.write_bytes(coded)
    facts = json.loads(cli("info", "--json", path).out)
    manifest = json.loads((tiny / "manifest.json").read_text())
    assert facts["width"] == 150 and facts["height"] == 120
    assert facts["quality"] == 40 and facts["bytes"] == len(coded)
    assert facts["model"] == "tiny" and facts["model_id"] == manifest["model_id"]
    assert facts["bpp"] == 8 * len(coded) / (150 * 120)
    assert sum(facts["sections"].values()) <= len(coded) - container.HEADER_SIZE - 5
    text = cli("info", path).out
    for word in ("150 x 120", "tiny", manifest["model_id"], f"{len(coded)} bytes"):
        assert word in text


def test_info_knows_a_file_of_a_model_that_is_not_here(coded, cli, tmp_path):
    header, sections = container.unpack(coded)
    other = container.Header(bytes(8), header.height, header.width, 256, 3)
    (tmp_path / "a.tfcv").write_bytes(container.pack(other, sections))
    result = cli("info", tmp_path / "a.tfcv")
    assert result.code == 0 and "0000000000000000 (not here)" in result.out


def test_force_replaces_a_file(coded, cli, tmp_path):
    (tmp_path / "a.tfcv").write_bytes(coded)
    (tmp_path / "b.png").write_bytes(b"old")
    assert (
        cli("decompress", "--force", tmp_path / "a.tfcv", tmp_path / "b.png").code == 0
    )
    assert images.read(io.BytesIO((tmp_path / "b.png").read_bytes())).shape == (
        120,
        150,
        3,
    )
