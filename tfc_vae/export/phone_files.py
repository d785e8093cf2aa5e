"""Writes tflite/: every file in its variants, each with a JSON sidecar.

    <file>.tflite          float32
    <file>_fp16.tflite     float16 constants, half the size
    <file>_int8.tflite, <file>_int16x8.tflite   see `quantised`
    <file>.json            for programs: signatures, shapes, types, ranges

The hyper decoder has no integer variants: it is made of integers already, which both of
its files hold exactly.
"""

import inspect
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
    "encoder": ("", "_fp16", *quantised.VARIANTS),
    "hyper_decoder": ("", "_fp16"),
    "synthesis": ("", "_fp16", *quantised.VARIANTS),
    "decoder_full": ("",),
}
NAMES = tuple(file + end for file, ends in VARIANTS.items() for end in ends)
KINDS = {"": "float32", "_fp16": "float16", "_int8": "int8", "_int16x8": "int16x8"}
_QUALITIES = (1.0, 25.0, 50.0, 75.0, 100.0)  # of the calibration, photos in turn

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

    folder: made. photos: uint8 (h, w, 3), h and w multiples of 64, to find the ranges
    of integer activations with. halo: as in the manifest.
    """
    folder = Path(folder)
    folder.mkdir(parents=True)
    coded = [
        (frozen.encode(photo, quality), quality)
        for photo, quality in zip(photos, _QUALITIES * len(photos), strict=False)
    ]
    scaled = quantised.equalised(frozen, coded)
    with tempfile.TemporaryDirectory(prefix=".phone-") as temporary:
        temporary = Path(temporary)
        full = FullDecoder(frozen)
        saved_model.write(full, temporary / "full")
        tflite.write(temporary / "full", full.functions, folder / "decoder_full.tflite")
        for file in FILES:
            exact = PhoneFile(frozen, file, halo)
            saved_model.write(exact, temporary / file)
            for end, half in (("", False), ("_fp16", True)):
                path = folder / f"{file}{end}.tflite"
                tflite.write(temporary / file, exact.functions, path, float16=half)
            if VARIANTS[file][2:]:
                reduced = PhoneFile(scaled, file, halo)
                saved_model.write(reduced, temporary / f"{file}_scaled")
                path = temporary / f"{file}.tflite"
                tflite.write(temporary / f"{file}_scaled", reduced.functions, path)
                samples = _samples(reduced.functions, photos, coded)
                for end in VARIANTS[file][2:]:
                    out = folder / f"{file}{end}.tflite"
                    quantised.quantise(path, out, end, samples)
    for name in NAMES:
        sidecar(folder / f"{name}.tflite", frozen.model_id.hex(), halo)


def _samples(functions, photos, coded):
    """Inputs of the transforms' signatures, a list for each."""
    samples = {}
    for name, function in functions.items():
        if not name.startswith(("analyse", "synthesise")):
            continue
        specs = function.input_signature
        names = [*inspect.signature(function.python_function).parameters][: len(specs)]
        samples[name] = []
        for photo, (code, quality) in zip(photos, coded, strict=True):
            known = {"pixels": photo, "symbols": code.y, "mean": code.mean}
            inputs = {"quality": np.array([quality], np.float32)}
            for key, spec in zip(names, specs, strict=True):
                if key in known:
                    plane = fit(known[key], spec.shape[1:3])[np.newaxis]
                    inputs[key] = plane.astype(spec.dtype.as_numpy_dtype)
            samples[name].append({key: inputs[key] for key in names})
    return samples


def fit(plane, sides):
    """Cuts or repeats a plane (h, w, c) to other sides; None keeps both as they are."""
    if None in sides:
        return plane
    repeats = [-(-n // m) for n, m in zip(sides, plane.shape[:2], strict=True)]
    return np.tile(plane, (*repeats, 1))[: sides[0], : sides[1]]


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
