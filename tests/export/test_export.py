"""What is on disk after an export, and that a failed check leaves the old one."""

import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfc_vae import images, models
from tfc_vae.codec.backends import LiteRTNetworks, SavedModelNetworks
from tfc_vae.export import (
    VerifyError,
    export,
    freeze,
    phone,
    saved_model,
    tflite,
    verify,
)
from tfc_vae.export import run as export_run
from tfc_vae.export.modules import Receiver, Sender
from tfc_vae.export.verify import check_networks, check_operations


def test_manifest_names_every_file_with_its_hash(tiny_model_dir):
    manifest = json.loads((tiny_model_dir / "manifest.json").read_text())
    on_disk = {
        str(path.relative_to(tiny_model_dir))
        for path in tiny_model_dir.rglob("*")
        if path.is_file()
    }
    assert on_disk == set(manifest["files"]) | {"manifest.json", "README.md"}
    for name, entry in manifest["files"].items():
        data = (tiny_model_dir / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"], name
        assert len(data) == entry["bytes"]
    rows = manifest["rate_distortion"]["rows"]
    assert [row["quality"] for row in rows] == sorted(row["quality"] for row in rows)


def test_float16_files_are_about_half_as_large(tiny_model_dir):
    for file, share in (("encoder", 0.8), ("hyper_decoder", 0.9), ("synthesis", 0.7)):
        full = (tiny_model_dir / "tflite" / f"{file}.tflite").stat().st_size
        small = (tiny_model_dir / "tflite" / f"{file}_fp16.tflite").stat().st_size
        assert small < share * full  # of so small a model, much is not constants


def test_signatures_are_named_and_take_any_batch_and_size(tiny_model_dir, photos):
    encoder = tf.saved_model.load(str(tiny_model_dir / "encoder" / "1"))
    decoder = tf.saved_model.load(str(tiny_model_dir / "decoder" / "1"))
    assert set(encoder.signatures) == {
        *("analyse", "hyper_analyse", "predict", "quantise", "encode"),
        "serving_default",
    }
    assert set(decoder.signatures) == {
        *("predict", "synthesise", "render", "relax", "decode"),
        *("serving_default", "info"),
    }
    for height, width in ((1, 1), (17, 50), (64, 80)):
        pixels = tf.constant(np.stack([p[:height, :width] for p in photos[:2]]))
        quality = tf.constant([10.0, 90.0])
        coded = encoder.signatures["encode"](pixels=pixels, quality=quality)
        out = decoder.signatures["decode"](
            z=coded["z"], symbols=coded["symbols"], quality=quality
        )
        blocks = (-(-height // 16) * 16, -(-width // 16) * 16)
        assert out["pixels"].shape == (2, *blocks, 3)
        assert out["pixels"].dtype == tf.uint8


def test_each_half_has_only_its_own_weights(tiny_model_dir, tiny_model):
    def sizes(half):
        loaded = tf.saved_model.load(str(tiny_model_dir / half / "1"))
        return sorted(int(tf.size(v)) for v in loaded.weights)

    analysis = [int(tf.size(v)) for v in tiny_model.analysis.variables]
    synthesis = [int(tf.size(v)) for v in tiny_model.synthesis.variables]
    assert max(analysis) in sizes("encoder") and max(synthesis) in sizes("decoder")
    total = {half: sum(sizes(half)) for half in ("encoder", "decoder")}
    whole = sum(analysis) + sum(synthesis)
    assert total["encoder"] - sum(analysis) < whole
    assert (
        sum(synthesis)
        <= total["decoder"]
        < sum(synthesis)
        + sum(int(tf.size(v)) for v in tiny_model.hyper_synthesis.variables)
        + sum(int(tf.size(v)) for v in tiny_model.gains.variables)
        + 10_000
    )


def test_only_stock_and_builtin_operations_are_exported(tiny_model_dir):
    check_operations(tiny_model_dir)
    operations = saved_model.operations(tiny_model_dir / "encoder" / "1")
    assert "Conv2D" in operations  # the list looks into functions
    assert "CONV_2D" in tflite.operations(tiny_model_dir / "tflite" / "encoder.tflite")


def test_an_operation_that_is_not_stock_is_noticed(tiny_model_dir, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(tiny_model_dir, copy)

    class Other(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32)])
        def f(self, x):
            return {"y": tf.math.erfinv(x)}

    other = Other()
    tf.saved_model.save(other, str(copy / "decoder" / "1"), {"f": other.f})
    with pytest.raises(VerifyError, match="decoder: operations .* stock: {'Erfinv'}"):
        check_operations(copy)


def test_verify_notices_files_of_another_model(
    tiny_model, tiny_frozen, tiny_model_dir, tmp_path
):
    """The synthesis alone differs: every symbol is right and the pixels are not."""
    other = models.build(tiny_model.config)
    other.set_weights(tiny_model.get_weights())
    bias = other.synthesis.trainable_variables[-1]
    bias.assign(bias + 0.05)
    photo = np.full((64, 64, 3), 100, np.uint8)
    changed = dataclasses.replace(tiny_frozen, model=other)
    copy = shutil.copytree(tiny_model_dir, tmp_path / "other")
    shutil.rmtree(copy / "decoder")
    saved_model.write(Receiver(changed), copy / "decoder" / "1")
    with pytest.raises(VerifyError, match="TensorFlow, quality 1.0: .* levels apart"):
        verify(tiny_frozen, copy, [photo])


def test_a_failed_check_leaves_the_old_files(
    tiny_model, tiny_model_dir, tmp_path, monkeypatch
):
    out = tmp_path / "models" / "tiny"
    shutil.copytree(tiny_model_dir, out)
    before = (out / "manifest.json").read_bytes()

    def write(frozen, folder, crops):  # what is written takes long and is dropped
        shutil.copytree(tiny_model_dir, folder)

    def fail(*_):
        raise VerifyError("on purpose")

    monkeypatch.setattr(export_run, "write", write)
    monkeypatch.setattr(export_run, "verify", fail)
    with pytest.raises(VerifyError, match="on purpose"):
        export(tiny_model, out, "photos")
    assert (out / "manifest.json").read_bytes() == before
    assert list(out.parent.iterdir()) == [out]  # nothing half-made beside it


def test_exports_load_where_tfc_and_keras_layers_are_unknown(tiny_model_dir):
    script = f"""
import sys
for name in ("tensorflow_compression", "tfc_vae"):
    sys.modules[name] = None
import tensorflow as tf
for half in ("encoder", "decoder"):
    model = tf.saved_model.load({str(tiny_model_dir)!r} + f"/{{half}}/1")
    print(half, len(model.signatures))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "encoder 6\ndecoder 7\n"
    assert "custom gradients" not in done.stderr


def published(preset):
    """Transposed convolutions and GDN, as published; few channels."""
    small = {"filters": 8, "latents": 12, "hyper_filters": 8}
    return models.build(dataclasses.replace(models.preset(preset), **small))


@pytest.mark.slow
def test_a_published_preset_is_exported_and_verified(photos, tmp_path):
    (tmp_path / "photos").mkdir()
    for i, photo in enumerate(photos[:2]):
        images.write(tmp_path / "photos" / f"{i}.png", photo[:256, :192])
    out = tmp_path / "mbt2018-mean"
    export(published(out.name), out, tmp_path / "photos")
    assert (out / "manifest.json").is_file()


def test_a_preset_without_means_runs_on_both_backends_as_frozen(photos, tmp_path):
    """The files that decode, and the checks of `verify` on them."""
    photo = photos[0][:128, :192]
    frozen = freeze(published("bmshj2018"), [photo])
    halo = models.halos(frozen.model)
    for half, module in (("encoder", Sender), ("decoder", Receiver)):
        saved_model.write(module(frozen), tmp_path / half / "1")
    (tmp_path / "tflite").mkdir()
    for file in phone.FILES:
        part = phone.PhoneFile(frozen, file, halo)
        saved_model.write(part, tmp_path / file)
        path = tmp_path / "tflite" / f"{file}.tflite"
        tflite.write(tmp_path / file, part.functions, path)
    for networks in (SavedModelNetworks(tmp_path), LiteRTNetworks(tmp_path)):
        for quality in (1.0, 100.0):
            name = type(networks).__name__
            check_networks(frozen, networks, photo, quality, 1, name)
