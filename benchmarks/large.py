"""What users feel: a whole process, a camera photo, memory, the size of the model.

    python benchmarks/large.py [--photo FILE]

Measures: `tfc-vae compress` and `decompress` of a 768x512 image as processes, file to
file; then a photo of 12 megapixels (--photo, or the photographs of photos/ tiled and
mirrored to 4032x3024) in a fresh process each way, with its peak resident memory;
what each export weighs; multiplications per pixel and parameters of each network.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from compare_compressai import collage, machine
from PIL import Image

from tfc_vae import images
from tfc_vae.codec import LearnedCodec, find

HERE = Path(__file__).resolve().parent
LARGE = (4032, 3024)  # width, height
CLI = [sys.executable, "-m", "tfc_vae.cli"]


def main():
    args = parse()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = {
            "command": " ".join(["python", *sys.argv]),
            "machine": machine(),
            "process_768x512_s": processes(folder, args),
            "12_megapixels": large(folder, args),
            **model_facts(args.model),
        }
    args.output.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="vr")
    parser.add_argument("--quality", type=float, default=50)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--output", type=Path, default=HERE / "large.json")
    # A process of its own for each direction, so that its peak memory is its own.
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(one(args.model, args.quality, *args.one)))
        sys.exit()
    return args


def processes(folder, args):
    """Best and median seconds of the command line, file to file."""
    picture, coded = folder / "in.png", folder / "in.tfcv"
    collage().save(picture)
    options = ["--force", "--model", args.model]
    quality = ["-q", str(args.quality)]
    works = {
        "compress": [*CLI, "compress", picture, coded, *quality, *options],
        "decompress": [*CLI, "decompress", coded, folder / "out.png", *options],
    }
    return {name: _seconds(command, args.runs) for name, command in works.items()}


def _seconds(command, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return {"best": min(times), "median": statistics.median(times)}


def large(folder, args):
    """Seconds and peak memory each way of a photo, pixels to bytes to pixels."""
    photo, coded = args.photo, folder / "large.tfcv"
    if photo is None:
        photo = folder / "large.png"
        tiled().save(photo, compress_level=1)
    facts = {}
    for work in ("compress", "decompress"):
        command = [sys.executable, __file__, "--model", args.model]
        command += ["--quality", str(args.quality), "--one", work, photo, coded]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        facts[work] = json.loads(done.stdout)
    return facts


def one(model, quality, work, photo, coded):
    """One direction: the first call, a second one, and the peak of the process."""
    codec = LearnedCodec.load(model, quality=quality)
    if work == "compress":
        pixels = images.read(photo)
        size = {"megapixels": pixels.shape[0] * pixels.shape[1] / 1e6}
        first, data = _timed(codec.compress, pixels)
        again, _ = _timed(codec.compress, pixels)
        Path(coded).write_bytes(data)
        size["bytes"] = len(data)
    else:
        data, size = Path(coded).read_bytes(), {}
        first, pixels = _timed(codec.decompress, data)
        again, _ = _timed(codec.decompress, data)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # on Linux
    return {**size, "first_s": first, "again_s": again, "peak_MB": kilobytes / 1024}


def _timed(function, argument):
    start = time.perf_counter()
    result = function(argument)
    return time.perf_counter() - start, result


def tiled():
    """The photographs, each mirrored and turned over, side by side: 12 megapixels."""
    pieces = []
    for path in sorted((HERE.parent / "photos").glob("*.png")):
        with Image.open(path) as photo:
            piece = np.asarray(photo.convert("RGB"))[:324, :384]
        pieces += [piece, piece[:, ::-1], piece[::-1]]
    row = np.concatenate(pieces, axis=1)  # 12 pieces, 4608 wide
    sheet = np.concatenate([np.roll(row, 384 * 5 * i, 1) for i in range(10)])
    return Image.fromarray(sheet[: LARGE[1], : LARGE[0]])


def model_facts(model):
    info = find(model)
    sizes = {
        path.relative_to(info.folder).as_posix(): path.stat().st_size
        for path in sorted(info.folder.rglob("*"))
        if path.is_file()
    }
    return {"complexity": info.manifest.complexity, "file_bytes": sizes}


if __name__ == "__main__":
    main()
