"""Decoding time of tfc_vae and of CompressAI, on one machine in one run.

    python benchmarks/compare_compressai.py

Measures: one 768x512 image, bytes to 8-bit pixels, warm, on two processors. tfc_vae
decodes with LiteRT, CompressAI's bmshj2018_hyperprior (quality 3, 0.32 bpp on Kodak)
with PyTorch. Each has a process of its own and they take turns, so that anything else
that the machine does hits both. The first run makes `.venv-compressai` (1.3 GB).

tfc_vae decodes its real bitstream of a real picture, at --quality; the table shows both
sizes. CompressAI decodes random latents at its published rate: decode_compressai.py
says why, and what that leaves representative. Quality, encoding and memory are not
compared.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".venv-compressai"
PYTHON = VENV / "bin" / "python"
SIZE = (768, 512)  # width, height of a Kodak image
Q3_BYTES = round(0.3199 * SIZE[0] * SIZE[1] / 8)  # its mean rate in kodak_anchors.json
PROCESSORS = 2
PAUSE = 0.2  # seconds: lets the other process's spinning threads fall asleep

NEEDED = "torch==2.13.0 numpy scipy pandas pillow einops pytorch-msssim six"
NEEDED += " torch-geometric tqdm"
# CompressAI's metadata excludes numpy 2, which it works with. It imports torchvision
# for its list of transforms only: 0.2.0 is pure Python and fits every build of PyTorch.
WITHOUT_DEPENDENCIES = "compressai==1.2.8 torchvision==0.2.0"


def main():
    args = parse()
    if hasattr(os, "sched_setaffinity"):  # Linux; the workers inherit it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    install_compressai()
    ours = start_tfc_vae(args.image, args.model, args.quality)
    decoder = HERE / "decode_compressai.py"
    theirs = Worker([PYTHON, decoder, *SIZE, Q3_BYTES, PROCESSORS])
    for _ in range(args.runs):
        for worker in (ours, theirs):
            time.sleep(PAUSE)
            worker.decode()
    rows = [ours.close(), theirs.close()]
    document = {
        "command": " ".join(["python", *sys.argv]),
        "measures": f"decode one {SIZE[0]}x{SIZE[1]} image, bytes to pixels, warm, ms",
        "machine": machine(),
        "processors": PROCESSORS,
        "rows": rows,
    }
    args.output.write_text(json.dumps(document, indent=1) + "\n")
    print(table(rows))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="vr")
    parser.add_argument("--quality", type=float, default=50)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--image", type=Path, help="default: a collage of photos/")
    parser.add_argument("--output", type=Path, default=HERE / "compressai.json")
    return parser.parse_args()


class Worker:
    """A process that decodes when told to; timed_server.py is its other half."""

    def __init__(self, command):
        command = [str(part) for part in command]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.facts = self._hear()
        self.times = []  # ms

    def decode(self):
        self.process.stdin.write("decode\n")
        self.process.stdin.flush()
        self.times.append(self._hear()["ms"])

    def close(self):
        """Ends the process; returns its facts and times."""
        self.process.stdin.close()
        self.process.wait()
        facts = self.facts
        return {
            **facts,
            "bpp": 8 * facts["bytes"] / facts["pixels"],
            "best_ms": min(self.times),
            "median_ms": statistics.median(self.times),
            "runs_ms": self.times,
        }

    def _hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended early: {self.process.args}")
        return json.loads(line)


def start_tfc_vae(image, model, quality):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.png"
        picture = Image.open(image).convert("RGB") if image else collage()
        if picture.size != SIZE:
            raise SystemExit(f"the image has {picture.size}, expected {SIZE}")
        picture.save(path)
        worker = HERE / "decode_tfc_vae.py"
        return Worker([sys.executable, worker, path, model, quality, PROCESSORS])


def collage():
    """The corners of the four photographs, pixel for pixel, so that it costs the bits
    of a photograph; an enlarged one would be too smooth."""
    sheet = Image.new("RGB", SIZE)
    half = (SIZE[0] // 2, SIZE[1] // 2)
    for i, path in enumerate(sorted((HERE.parent / "photos").glob("*.png"))):
        with Image.open(path) as photo:
            sheet.paste(photo.crop((0, 0, *half)), (i % 2 * half[0], i // 2 * half[1]))
    return sheet


def install_compressai():
    """Makes the environment unless it is there and works."""
    check = [PYTHON, "-c", "import compressai"]
    if PYTHON.exists() and subprocess.run(check).returncode == 0:
        return
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *NEEDED.split()], check=True)
    subprocess.run([*pip, "--no-deps", *WITHOUT_DEPENDENCIES.split()], check=True)


def machine():
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("model name")]
    return f"{platform.system()} {platform.machine()}, {next(iter(names), '?')}"


def table(rows):
    lines = ["| decoder | bytes | best ms | median ms |", "| --- | --: | --: | --: |"]
    for row in rows:
        numbers = f"{row['bytes']} | {row['best_ms']:.1f} | {row['median_ms']:.1f}"
        lines.append(f"| {row['name']} | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
