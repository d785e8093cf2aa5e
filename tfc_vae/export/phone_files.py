"""Writes tflite/: every file in its variants, each with a JSON sidecar.

    <file>.tflite          float32
    <file>_fp16.tflite     float16 constants, half the size
    <file>_int8.tflite     see `quantised`
    <file>.json            for programs: signatures, shapes, types, ranges

The hyper decoder has no int8 variant: it is made of integers already, which both of its
files hold exactly.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfc_vae.coding.geometry import VALUE_MAX, Z_MAX
from tfc_vae.coding.rate_points import FIRST, LAST
from tfc_vae.export import quantised, saved_model, tflite
from tfc_vae.export.freeze import INTEGER_MAX, Frozen
from tfc_vae.export.full_decoder import FullDecoder
from tfc_vae.export.phone import FILES, TILES, PhoneFile
from tfc_vae.models.priors import SCALES

VARIANTS = {
    "encoder": ("", "_fp16", "_int8"),
    "hyper_decoder": ("", "_fp16"),
    "synthesis": ("", "_fp16", "_int8"),
    "decoder_full": ("",),
}
NAMES = tuple(file + end for file, ends in VARIANTS.items() for end in ends)
KINDS = {"": "float32", "_fp16": "float16", "_int8": "int8"}
_QUALITIES = (1.0, 25.0, 50.0, 75.0, 100.0)  # for the latents' spread, photos in turn

# What each tensor holds: (least, largest, meaning); None: no bound.
_MEANING = {
    "pixels": (0, 255, "RGB levels"),
    "y": (None, None, "latents, before the gain of a quality"),
    "z": (-Z_MAX, Z_MAX, "hyper-latents, integers that are coded"),
    "quality": (1, 100, "of each image; what the header says, quality_q8 / 256"),
    "mean": (-INTEGER_MAX, INTEGER_MAX, "prediction, in sixteenths of a latent step"),
    "index": (0, SCALES - 1, "row of the frequency tables"),
    "symbols": (
        -VALUE_MAX,
        VALUE_MAX,
        "latents minus their mean, integers that are coded",
    ),
    "payload": (0, 255, "octets of the stream section, then of the escapes"),
    "stream_bytes": (4, None, "octets of the stream section"),
    "size": (1, None, "height and width in pixels"),
    "quality_q8": (FIRST, LAST, "the header's quality"),
    "lanes": (1, 256, "a power of two: 2 ** lanes_log2 of the header"),
    "ok": (0, 1, "false: the stream is damaged and the pixels mean nothing"),
}


def write(frozen: Frozen, folder, photos, halo):
    """Writes all files of `NAMES` and their sidecars.

    folder: made. photos: uint8 (h, w, 3), h and w multiples of 64, for the spread of
    the latents. halo: as in the manifest.
    """
    folder = Path(folder)
    folder.mkdir(parents=True)
    coded = [
        (frozen.encode(photo, quality), quality)
        for photo, quality in zip(photos, _QUALITIES * len(photos), strict=False)
    ]
    scaled = quantised.equalised(frozen, coded)
    _convert(FullDecoder(frozen), {"": folder / "decoder_full.tflite"})
    for file in FILES:
        outs = {end: folder / f"{file}{end}.tflite" for end in VARIANTS[file]}
        _convert(PhoneFile(frozen, file, halo), outs)
        if "_int8" in outs:
            with tempfile.TemporaryDirectory(prefix=".phone-") as temporary:
                path = Path(temporary) / "scaled.tflite"
                _convert(PhoneFile(scaled, file, halo), {"": path})
                quantised.quantise(path, outs["_int8"])
    for name in NAMES:
        sidecar(folder / f"{name}.tflite", frozen.model_id.hex(), halo)


def _convert(module, outs):
    """Writes a module's float variants; outs: paths by the variant's ending."""
    with tempfile.TemporaryDirectory(prefix=".phone-") as temporary:
        saved_model.write(module, temporary)
        for end in ("", "_fp16"):
            if end in outs:
                half = end == "_fp16"
                tflite.write(temporary, module.functions, outs[end], float16=half)


def sidecar(path, model_id, halo):
    """Writes the JSON file of a .tflite file, from what is in it."""
    interpreter = tf.lite.Interpreter(str(path))
    stem, _, end = path.stem.rpartition("_")
    kind = KINDS[f"_{end}"] if f"_{end}" in KINDS else KINDS[""]
    file = stem if kind != "float32" else path.stem
    facts = {
        "file": path.name,
        "model_id": model_id,
        "constants": kind,
        "bytes": path.stat().st_size,
        "signatures": {
            name: _signature(interpreter.get_signature_runner(name))
            for name in sorted(interpreter.get_signature_list())
        },
    }
    if file != "decoder_full":
        facts["tiles"] = {"pixels": TILES, "halo": _halo_of(file, halo)}
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")


def _halo_of(file, halo):
    """What a tile's window has at each side, in latents (of the hyper ones, in z)."""
    networks = {
        "encoder": ("analysis", "hyper_analysis"),
        "hyper_decoder": ("hyper_synthesis",),
        "synthesis": ("synthesis",),
    }[file]
    return {name: halo[name] for name in networks}


def _signature(runner):
    return {
        "inputs": _tensors(runner.get_input_details()),
        "outputs": _tensors(runner.get_output_details()),
    }


def _tensors(details):
    described = {}
    for name, tensor in sorted(details.items()):
        least, largest, meaning = _MEANING[name]
        described[name] = {
            "shape": [int(n) for n in tensor["shape_signature"]],
            "type": np.dtype(tensor["dtype"]).name,
            "range": [least, largest],
            "meaning": meaning,
        }
    return described
