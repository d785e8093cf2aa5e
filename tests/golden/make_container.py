"""Writes container_v<VERSION>.tfcv, the file that FORMAT.md shows byte by byte.

    python tests/golden/make_container.py

It never overwrites: the bytes of a version are for good, so a change of them needs a
higher `VERSION`, which gives the file another name.
"""

from pathlib import Path

from tfc_vae.container import VERSION, Header, pack

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


def make(folder):
    """Writes the golden file of this version into `folder`; returns its path.

    Raises:
      FileExistsError: this version has its golden file already.
    """
    path = Path(folder) / f"container_v{VERSION}.tfcv"
    with path.open("xb") as file:
        file.write(pack(HEADER, SECTIONS))
    return path


if __name__ == "__main__":
    print(make(Path(__file__).parent))
