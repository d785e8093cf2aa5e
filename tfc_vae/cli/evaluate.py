"""tfc-vae evaluate DIR: rate and distortion of a model over a folder of images."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from tfc_vae import evaluation, images
from tfc_vae.cli import options, streams
from tfc_vae.codec import LearnedCodec
from tfc_vae.config import ConfigError
from tfc_vae.evaluation.sweep import AVERAGE

HELP = "measure a model on a folder of images: real files, mean over the images"
QUALITIES = (1.0, 10.0, 25.0, 40.0, 55.0, 70.0, 85.0, 100.0)
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".avif")


def add_arguments(parser):
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of images")
    parser.add_argument(
        "--quality",
        metavar="Q",
        type=float,
        nargs="+",
        default=QUALITIES,
        help=f"qualities, 1 to 100 (default: {' '.join(f'{q:g}' for q in QUALITIES)})",
    )
    parser.add_argument(
        "--against",
        metavar="FILE",
        type=Path,
        help="curves to give BD-rates against, as in benchmarks/kodak_anchors.json",
    )
    parser.add_argument("--json", metavar="OUT", help="also write the numbers there")
    options.add_model(parser)
    options.add_output(parser)


def run(args):
    if args.json:
        streams.check_free(args.json, args.force)
    anchors = _anchors(args.against) if args.against else {}
    model = LearnedCodec.load(args.model, backend=args.backend)
    codecs = options.at_qualities(model, args.quality)
    rows = evaluation.sweep(codecs, Folder(args.folder))
    rates = _bd_rates(rows, anchors)
    if args.json != "-":
        print(f"{AVERAGE}, {rows[0]['images']} images\n")
        print(evaluation.table(rows), end="")
        print(_text(rates), end="")
    if args.json:
        document = json.loads(evaluation.to_json(rows, shlex.join(args.command)))
        text = json.dumps({**document, "bd_rate": rates}, indent=1) + "\n"
        images.write_bytes(args.json, text.encode(), args.force)


class Folder(Sequence):
    """The images of a folder in the order of their names, each read when it is taken.

    Raises `ImageError` if there is none.
    """

    def __init__(self, folder):
        paths = sorted(Path(folder).iterdir())
        self.paths = [path for path in paths if path.suffix.lower() in SUFFIXES]
        if not self.paths:
            raise images.ImageError(
                f"{folder}: no images; expected files of {', '.join(SUFFIXES)}"
            )

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return images.read(self.paths[index])


def _anchors(path):
    try:
        codecs = json.loads(path.read_text())["codecs"]
        return {name: _curve(points) for name, points in codecs.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path}: not a file of curves ({type(error).__name__}: {error}); expected "
            '{"codecs": {name: {"bpp": [...], "psnr": [...]}}}'
        ) from error


def _curve(points):
    return {key: [float(v) for v in points[key]] for key in ("bpp", "psnr")}


def _bd_rates(rows, anchors):
    """{name: percent of rate, None where the two curves cannot be compared}."""
    rates = {}
    for name, anchor in anchors.items():
        try:
            rates[name] = evaluation.bd_rate(evaluation.curve(rows), against=anchor)
        except ValueError:
            rates[name] = None
    return rates


def _text(rates):
    if not rates:
        return ""
    lines = ["\nBD-rate (PSNR), negative: fewer bits than"]
    for name, rate in rates.items():
        shown = "no common PSNR range" if rate is None else f"{rate:+.1f} %"
        lines.append(f"  {name:44}  {shown:>9}")
    return "\n".join(lines) + "\n"
