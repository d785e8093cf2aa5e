"""The codecs that everybody has, as Pillow writes them: the baselines.

Each answers `codec.protocol.ImageCodec`. `FAMILIES` is the whole list; a family with a
quality chosen is a codec:

    jpeg = FAMILIES["jpeg"].codec(75)
    avif = at_size(FAMILIES["avif"], image, max_bytes=len(jpeg.compress(image)))
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class PillowCodec:
    """One format with fixed options."""

    name: str
    format: str  # a name Pillow knows
    options: dict = field(default_factory=dict)  # arguments of Image.save

    def compress(self, image):
        """uint8 (H, W, 3) -> the bytes of a complete file."""
        file = io.BytesIO()
        Image.fromarray(image).save(file, self.format, **self.options)
        return file.getvalue()

    def decompress(self, data):
        """The bytes of a file in this codec's format -> uint8 (H, W, 3)."""
        with Image.open(io.BytesIO(data), formats=[self.format]) as image:
            return np.asarray(image.convert("RGB"))


@dataclass(frozen=True)
class Family:
    """A format whose quality is still open."""

    name: str
    format: str
    options: dict
    quality_option: str  # the argument of Image.save that sets the quality
    qualities: Sequence  # its values, from the smallest file to the largest

    def codec(self, quality):
        """The family's codec at one of `qualities`."""
        options = {**self.options, self.quality_option: quality}
        label = quality[0] if isinstance(quality, tuple) else quality
        return PillowCodec(f"{self.name} {label}", self.format, options)


FAMILIES = {
    "jpeg": Family(
        "JPEG",
        "JPEG",
        {"subsampling": "4:2:0", "optimize": True, "progressive": True},
        "quality",
        range(1, 96),  # Pillow advises against more than 95
    ),
    "webp": Family("WebP", "WEBP", {"method": 6}, "quality", range(101)),
    "avif": Family(
        "AVIF", "AVIF", {"subsampling": "4:4:4", "speed": 6}, "quality", range(101)
    ),
    "jpeg2000": Family(
        "JPEG 2000",
        "JPEG2000",
        {"irreversible": True, "no_jp2": True},  # no_jp2: the bare stream, no boxes
        "quality_layers",  # here the compression ratio of the one layer
        tuple((float(ratio),) for ratio in np.geomspace(1000, 2, 256).round(2)),
    ),
}


def at_size(family, image, max_bytes):
    """The codec of `family` with the best quality whose file fits in `max_bytes`.

    Bisection over the quality: about seven trial compressions. Where a file shrinks as
    the quality rises by a step, the result still fits but may not be the last that
    does. Raises ValueError if the lowest quality does not fit.
    """

    def fits(position):
        codec = family.codec(family.qualities[position])
        return len(codec.compress(image)) <= max_bytes

    if not fits(0):
        raise ValueError(
            f"{family.name} cannot fit this image in {max_bytes} bytes at any quality"
        )
    good, bad = 0, len(family.qualities)
    while bad - good > 1:
        middle = (good + bad) // 2
        if fits(middle):
            good = middle
        else:
            bad = middle
    return family.codec(family.qualities[good])
