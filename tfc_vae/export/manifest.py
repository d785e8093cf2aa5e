"""What an export says of itself: manifest.json for programs, README.md for people.

The keys of the former, and how they are read, are in `codec.manifest`.
"""

import hashlib
import importlib.metadata
from pathlib import Path

import tensorflow as tf

import tfc_vae
from tfc_vae.codec import Manifest
from tfc_vae.export.complexity import complexity
from tfc_vae.export.freeze import Frozen
from tfc_vae.models import halos
from tfc_vae.models.priors import SCALES


def describe(frozen: Frozen, folder, name) -> Manifest:
    """Builds the manifest of the files in `folder`, without what is measured."""
    folder = Path(folder)
    files = {
        str(path.relative_to(folder)): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return Manifest(
        name=name,
        model_id=frozen.model_id.hex(),
        channels={"y": frozen.config.latents, "z": frozen.config.hyper_filters},
        z_rows=SCALES,
        halo=halos(frozen.model),
        files=files,
        rate_distortion={"images": "not measured yet", "rows": []},
        accumulator_bits=[
            layer.accumulator_bound().bit_length() for layer in frozen.hyper
        ],
        complexity=complexity(frozen.model),
        versions={
            "tfc_vae": tfc_vae.__version__,
            "tensorflow": tf.__version__,
            "tensorflow-compression": importlib.metadata.version(
                "tensorflow-compression"
            ),
        },
        variants={"processor": "not measured yet", "rows": []},
    )


def write(manifest: Manifest, frozen: Frozen, folder):
    """Writes manifest.json and the model card."""
    folder = Path(folder)
    manifest.write(folder / "manifest.json")
    (folder / "README.md").write_text(_card(manifest, frozen))


_AIMS = {"mse": "the least squared error", "ms-ssim": "structural similarity (MS-SSIM)"}


def _optional(value):
    return "" if value is None else f"{value:.4f}"


def _variants(variants):
    rows = "\n".join(
        f"| `{row['file']}` | {row['bytes']:,} | {row['ms']:.1f} | "
        f"{_percent(row['bd_rate'])} |"
        for row in variants["rows"]
    )
    return f"""| file | bytes | ms | bits at equal PSNR |
|---|---:|---:|---:|
{rows}

ms: one 768x512 image in LiteRT, two threads, best of three ({variants["processor"]}; of
`encoder`, `analyse`). Bits: BD-rate against float32, {variants.get("images", "")}, with
only this file exchanged."""


def _percent(bd_rate):
    """A variant that costs much says so beside its number."""
    if bd_rate is None:
        return "-"
    warning = ", **more than 5 %: for previews**" if bd_rate > 5 else ""
    return f"{bd_rate:+.2f} %{warning}"


def _card(manifest, frozen):
    rows = "\n".join(
        f"| {row['quality']:g} | {row['bpp']:.3f} | {row['psnr']:.2f} | "
        f"{_optional(row['ms_ssim'])} |"
        for row in manifest.rate_distortion["rows"]
    )
    rates = "every rate" if frozen.config.variable_rate else "one rate"
    return f"""# {manifest.name}

An image compression model of tfc_vae: {frozen.config.kind} hyperprior,
{frozen.config.transforms} transforms, {rates} in one model, trained for
{_AIMS[frozen.config.distortion]}.
Model id `{manifest.model_id}`: files name it, and only this model decodes them.

| file | what |
|---|---|
| `encoder/1`, `decoder/1` | SavedModels, stock operations only, named signatures |
| `tflite/*.tflite` | for LiteRT, builtin operations only; see below |
| `tflite/*.json` | what each of them takes and gives: shapes, types, ranges |
| `tables.npz` | integer frequency tables of the entropy coder |
| `gains.npz` | gains of the rates, for encode-time search |
| `averaged.weights.h5` | the Keras weights, for `train.py --init` |
| `config.json`, `manifest.json` | options; hashes, versions, sizes, numbers |

Rate and distortion, {manifest.rate_distortion["images"]}, real files; the mean over
images of each image's value:

| quality | bpp | PSNR (dB) | MS-SSIM |
|---:|---:|---:|---:|
{rows}

## Files for phones

`encoder` has `analyse`, `hyper_analyse` and `quantise`; `hyper_decoder` has `predict`,
which both sides need and which is exact; `synthesis` has `synthesise`. Each works at
any size, and for tiles of 256 and 512 pixels as `synthesise_256` and so on.
`decoder_full` takes a file's payload and gives pixels. `_fp16`: float16 constants.
`_int8`: 8-bit weights, activations quantised as they come; the linear shortcut stays
float.

{_variants(manifest.variants)}

Made for photographs. Text, line art and screenshots take more bytes than with PNG.
Weights: Apache-2.0. Trained on photographs with free licences; none is included.
"""
