"""The border for images: whatever holds a picture -> uint8 (H, W, 3) sRGB, and back.

Four facts a reader would otherwise learn by a bug:
  1. What is lost on the way in (transparency, depth, frames) is an `ImageWarning`;
     what cannot be read is an `ImageError` of one line.
  2. 16-bit grey and 16-bit arrays are rounded from v / 257. Of 16-bit colour files
     Pillow hands over the high byte, v >> 8: up to one level lower.
  3. A file is written beside its name and then renamed, so that it is either whole or
     not there. An existing one is kept unless `force` says otherwise.
  4. Pillow's limit on pixels, `PIL.Image.MAX_IMAGE_PIXELS`, is left as it is: above it
     Pillow warns, above twice as much `ImageError` is raised.
"""

import io
import os
import secrets
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

SAVE_OPTIONS = {  # as little loss as the format allows at a reasonable size
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}


class ImageError(ValueError):
    """An image that cannot be read or written; one line says why."""


class ImageWarning(UserWarning):
    """Something in an image was ignored or reduced."""


def read(source):
    """Reads an image as uint8 (H, W, 3), sRGB, upright.

    Args:
      source: a path, "-" for the standard input, a binary file object, or bytes.

    Raises:
      ImageError: no image can be read there.
    """
    name, data = _bytes_of(source)
    if not data:
        raise ImageError(f"{name} is empty; expected an image")
    with _explained(f"cannot open {name}"):
        try:
            image = Image.open(io.BytesIO(data))
        except Image.UnidentifiedImageError:
            raise ImageError(
                f"{name} is not an image that Pillow knows: starts with {data[:8]!r}"
            ) from None
    with image:
        return _convert(image, name)


def from_pil(image):
    """Converts a Pillow image of any mode, in its current frame, to uint8 (H, W, 3).

    Raises:
      ImageError: the image cannot be decoded or its values have no known scale.
    """
    return _convert(image, "the image")


def as_pixels(image):
    """Converts whatever `compress` is handed to uint8 (H, W, 3) sRGB.

    Args:
      image: an array, uint8 or uint16, of shape (H, W), (H, W, 1), (H, W, 3) or
        (H, W, 4); a Pillow image; or what `read` takes.

    Returns:
      uint8 (H, W, 3); the argument itself if it is such an array already.

    Raises:
      ImageError: it is none of these.
    """
    if isinstance(image, Image.Image):
        return from_pil(image)
    if not hasattr(image, "__array__"):
        return read(image)
    pixels = np.asarray(image)
    if pixels.dtype.kind != "u" or pixels.dtype.itemsize > 2:
        raise ImageError(
            f"an array of {pixels.dtype}; expected uint8 (0 to 255) or uint16: "
            "scale, round and convert it first"
        )
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or not pixels.size:
        raise ImageError(
            f"an array of shape {np.shape(image)}; expected (height, width), or "
            "(height, width, channels) with 1, 3 or 4 channels, and at least one pixel"
        )
    if pixels.dtype.itemsize == 2:
        _warn("16-bit values were reduced to 8 bits")
        pixels = _from_16_bit(pixels)
    if pixels.shape[2] == 4:
        pixels = _over_white(pixels[..., :3], pixels[..., 3])
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(pixels)


def write(target, pixels, format=None, force=False):
    """Writes an image file.

    Args:
      target: a path, "-" for the standard output, or a binary file object.
      pixels: uint8 (H, W, 3).
      format: an extension such as "png"; by default the path's own, else "png".
      force: whether to replace an existing file.

    Raises:
      ImageError: the format is unknown, the file exists, or it cannot be written.
    """
    format = file_format(target, format)
    buffer = io.BytesIO()
    with _explained(f"cannot write {target} as {format}"):
        image = Image.fromarray(pixels)
        image.save(buffer, format=format, **SAVE_OPTIONS.get(format, {}))
    write_bytes(target, buffer.getvalue(), force)


def write_bytes(path, data, force=False):
    """Writes bytes to a file, whole or not at all.

    Args:
      path: a path, "-" for the standard output, or a binary file object.
      force: whether to replace an existing file. A device or a pipe needs no force.

    Raises:
      ImageError: the file exists, or it cannot be written.
    """
    stream = sys.stdout.buffer if _is_dash(path) else path
    with _explained(f"cannot write {path}"):
        if hasattr(stream, "write"):
            stream.write(data)
            stream.flush()
        elif os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:  # a directory fails here
                file.write(data)
        elif os.path.lexists(path) and not force:
            raise ImageError(f"{path} exists; use --force to overwrite it")
        else:
            _replace(Path(path), data)


def _replace(path, data):
    beside = path.parent / f".tfc-{secrets.token_hex(8)}.tmp"
    try:
        with beside.open("xb") as file:
            file.write(data)
        os.replace(beside, path)
    except BaseException:  # Ctrl-C too leaves nothing behind
        beside.unlink(missing_ok=True)
        raise


def file_format(target, extension=None):
    """Returns Pillow's name of the type; raises `ImageError` for an unknown one."""
    if extension is None and (_is_dash(target) or hasattr(target, "write")):
        extension = "png"
    suffix = f".{extension}" if extension else Path(target).suffix
    format = Image.registered_extensions().get(suffix.lower())
    if format not in Image.SAVE:
        raise ImageError(
            f"cannot write {target} as an image of type {suffix!r}; expected "
            ".png, .jpg, .webp, .tif or another that Pillow writes"
        )
    return format


def _bytes_of(source):
    """Returns a name for messages and the bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "the input", bytes(source)
    stream = sys.stdin.buffer if _is_dash(source) else source
    if not hasattr(stream, "read") and not isinstance(source, (str, os.PathLike)):
        raise ImageError(
            f"cannot read an image from a {type(source).__name__}; expected a path, "
            "a binary file, bytes, an array or a Pillow image"
        )
    with _explained(f"cannot read {source}"):
        if hasattr(stream, "read"):
            return getattr(stream, "name", "the input"), stream.read()
        return str(source), Path(source).read_bytes()


def _is_dash(source):
    return isinstance(source, str) and source == "-"


def _convert(image, name):
    """Pillow image -> uint8 (H, W, 3): frame, orientation, depth, colour, alpha."""
    with _explained(f"cannot decode {name}"):
        frames = getattr(image, "n_frames", 1)
        # Before it is loaded, a file's tiles tell the depth that the mode does not.
        deep = any(";16" in str(tile[3]) for tile in getattr(image, "tile", []))
        image.load()
    if 0 in image.size:
        raise ImageError(f"{name} has no pixels: its size is {image.size}")
    if frames > 1:
        _warn(f"{name} has {frames} frames; one is used")
    profile = image.info.get("icc_profile")
    image = _upright(image, name)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _grey_to_8_bit(image, name)
    elif deep:
        _warn(f"{name} has 16 bits a channel, reduced to 8 bits")
    with _explained(f"cannot decode {name}"):
        image, alpha = _split_alpha(image)
        image = _to_srgb(image, profile, name) if profile else image.convert("RGB")
        pixels = np.array(image)
    return pixels if alpha is None else _over_white(pixels, alpha)


def _upright(image, name):
    """Applies the EXIF orientation."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception as error:  # the EXIF reader raises many types
        _warn(f"{name} has unreadable EXIF data, ignored: {_line(error)}")
        return image


def _grey_to_8_bit(image, name):
    """Modes I;16, I and F -> L. I holds 16-bit values; F holds 0 to 1 or 0 to 255."""
    values = np.asarray(image)
    low, high = values.min(), values.max()
    limit = 65535 if image.mode != "F" else 1 if high <= 1 else 255
    if not (low >= 0 and high <= limit):  # also refuses NaN
        raise ImageError(f"{name} has values {low} to {high}; expected 0 to {limit}")
    _warn(f"{name} has values of 0 to {limit}, reduced to 8 bits")
    if limit == 65535:
        return Image.fromarray(_from_16_bit(values))
    return Image.fromarray(np.rint(values * (255 / limit)).astype(np.uint8))


def _from_16_bit(values):
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _split_alpha(image):
    """Returns the image without palette and transparency, and uint8 alpha or None."""
    alpha = None
    grey = image.mode in ("1", "L", "LA")  # a grey ICC profile fits only grey
    if image.has_transparency_data:
        image = image if image.mode == "LA" else image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"))
    if alpha is not None or image.mode in ("1", "P"):
        image = image.convert("L" if grey else "RGB")
    return image, alpha


def _to_srgb(image, profile, name):
    """Converts by the embedded ICC profile; a broken one is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ImportError, ValueError) as error:
        _warn(f"{name} has an unusable colour profile, ignored: {_line(error)}")
        return image.convert("RGB")


def _over_white(pixels, alpha):
    """Lays uint8 pixels (H, W, 3) with alpha (H, W) over white, rounding to nearest."""
    if alpha.min() == 255:
        return pixels
    _warn("transparent pixels were laid over white")
    alpha = alpha[..., np.newaxis].astype(np.uint16)  # 255 * 255 + 127 < 2**16
    return ((pixels * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


@contextmanager
def _explained(doing):
    """Turns whatever the system or Pillow's plugins raise into one line."""
    try:
        yield
    except (ImageError, ImageWarning):
        raise
    except Exception as error:
        raise ImageError(f"{doing}: {_line(error)}") from error


def _line(error):
    text = error.strerror if isinstance(error, OSError) else None
    return " ".join(str(text or error or type(error).__name__).split())


def _warn(message):
    warnings.warn(message, ImageWarning, stacklevel=2)
