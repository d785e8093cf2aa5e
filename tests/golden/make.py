"""Writes the golden files: bytes that every reader of the format must read.

    python tests/golden/make.py

It never overwrites: the bytes of a version are for good, so a change of them needs a
higher `VERSION`, which gives the files other names.

container_v<VERSION>.tfcv is the file that FORMAT.md shows byte by byte.

rans_v<VERSION>.json has streams of the entropy coder. It is plain JSON, for readers in
any language: `tables` as in `tfc_vae.coding.Tables`, and `cases`, each with
the number of lanes, groups of values and rows, and `stream` and `escapes` in hex. The
tables come from integers alone, so that no float decides what the file holds.
"""

import json
import sys
from pathlib import Path

import numpy as np

from tfc_vae.coding import Tables, encode
from tfc_vae.container import VERSION, Header, pack

PRECISION = 12

HEADER = Header(
    model_id=bytes(range(1, 9)),
    height=1080,
    width=1920,
    quality_q8=0x3280,
    lanes_log2=1,
)
SECTIONS = {
    "S": bytes.fromhex("45230100 bc9a7856 1122 3344"),  # two states, two words
    "E": bytes.fromhex("2c01"),
    "c": b"hi",  # a lower-case tag without a meaning: readers skip it
}


def tables():
    """Eight rows around 0, the first one skipped, each wider than the one before."""
    rows = []
    for k in range(8):
        radius = 1 << min(k, 5)
        distance = np.abs(np.arange(-radius, radius + 1))
        weights = 1 + (4096 >> np.minimum(12, (distance * 4) >> k))
        # The last one is the escape's; value 0 takes what is left.
        frequencies = np.append(1 + weights * 3000 // weights.sum(), 1)
        frequencies[radius] += 2**PRECISION - frequencies.sum()
        rows.append(frequencies)
    width = max(map(len, rows))
    return Tables(
        precision=PRECISION,
        low=np.array([-(len(row) // 2) + 1 for row in rows]),
        size=np.array([len(row) - 1 for row in rows]),
        frequencies=np.array([np.pad(row, (0, width - len(row))) for row in rows]),
        skip=np.arange(8) == 0,
    )


def group(count, seed):
    """Values and rows of a 31-bit linear congruential generator, for any language."""
    values, rows = [], []
    for _ in range(count):
        seed = (1103515245 * seed + 12345) % 2**31
        row = seed >> 16 & 7
        spread = (seed >> 19 & 63) - (seed >> 25 & 63)  # triangular, -63 to 63
        value = spread << 9 if seed % 499 == 0 else spread >> (7 - row)
        rows.append(row)
        values.append(value if row else 0)
    return values, rows


def make_container(folder):
    """Writes the container's golden file into `folder`; returns its path.

    Raises:
      FileExistsError: this version has its golden file already.
    """
    path = Path(folder) / f"container_v{VERSION}.tfcv"
    with path.open("xb") as file:
        file.write(pack(HEADER, SECTIONS))
    return path


def make_rans(folder):
    """Writes the coder's golden file into `folder`; returns its path.

    Raises:
      FileExistsError: this version has its golden file already.
    """
    shared = tables()
    cases = []
    for lanes, counts in ((1, (1,)), (1, (20, 30)), (8, (37, 500)), (64, (300, 900))):
        groups = [group(count, 7 * lanes + count) for count in counts]
        stream, escapes = encode(groups, shared, lanes)
        cases.append(
            {
                "lanes": lanes,
                "groups": [{"values": v, "rows": r} for v, r in groups],
                "stream": stream.hex(),
                "escapes": escapes.hex(),
            }
        )
    arrays = {name: array.tolist() for name, array in shared.arrays().items()}
    path = Path(folder) / f"rans_v{VERSION}.json"
    with path.open("x") as file:
        file.write(json.dumps({"tables": arrays, "cases": cases}) + "\n")
    return path


if __name__ == "__main__":
    for make in (make_container, make_rans):
        try:
            print(make(Path(__file__).parent))
        except FileExistsError as error:
            sys.exit(f"{error.filename} exists; raise VERSION to change the bytes")
