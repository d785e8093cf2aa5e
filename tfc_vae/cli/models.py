"""tfc-vae models."""

import json

from tfc_vae import codec

HELP = "list the models that can be used by name, with their rate and distortion"


def add_arguments(parser):
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args):
    found = [_facts(info) for info in codec.shipped()]
    if args.json:
        print(json.dumps(found, indent=2))
    elif not found:
        raise codec.ModelError(
            "no model found; list the folder that holds model folders in "
            "$TFC_VAE_MODELS"
        )
    else:
        print("\n\n".join(_text(facts) for facts in found))


def _facts(info):
    return {
        "name": info.name,
        "model_id": info.model_id.hex(),
        "folder": str(info.folder),
        "files": {name: file["bytes"] for name, file in info.manifest.files.items()},
        "rate_distortion": info.manifest.rate_distortion,
    }


def _text(facts):
    litert = ", ".join(
        f"{name.removeprefix('tflite/')} {size / 1e6:.2f} MB"
        for name, size in facts["files"].items()
        if name.endswith(".tflite")
    )
    rows = "".join(
        f"\n  {row['quality']:7g}  {row['bpp']:6.3f}  {row['psnr']:7.2f}  "
        f"{_similarity(row['ms_ssim']):>7}"
        for row in facts["rate_distortion"]["rows"]
    )
    return (
        f"{facts['name']}  id {facts['model_id']}  in {facts['folder']}\n"
        f"  {litert}; all files {sum(facts['files'].values()) / 1e6:.2f} MB\n"
        f"  mean over {facts['rate_distortion']['images']}:\n"
        f"  quality     bpp  PSNR dB  MS-SSIM{rows}"
    )


def _similarity(value):
    return "-" if value is None else f"{value:.4f}"
