"""tfc-vae info FILE."""

import json

import tfc_vae
from tfc_vae.cli import streams

HELP = "check a .tfcv file and print what it says, without decoding it"


def add_arguments(parser):
    parser.add_argument("input", metavar="FILE", help="a .tfcv file, or -")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args):
    with streams.about(args.input):
        facts = tfc_vae.info(streams.read_tfcv(args.input))
    print(json.dumps(facts, indent=2) if args.json else _text(facts))


def _text(facts):
    name = facts["model"] or "not here"
    sections = ", ".join(f"{t} {size} bytes" for t, size in facts["sections"].items())
    return (
        f"image     {facts['width']} x {facts['height']} pixels\n"
        f"quality   {facts['quality']:g}\n"
        f"size      {facts['bytes']} bytes, {facts['bpp']:.4f} bpp\n"
        f"model     {facts['model_id']} ({name})\n"
        f"format    version {facts['version']}, {facts['lanes']} lanes\n"
        f"sections  {sections}\n"
        "checks    header and payload checksums agree"
    )
