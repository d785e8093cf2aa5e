"""A codec whose work is done by TensorFlow Serving; `serving/README.md` starts one.

What goes over the wire is a PNG file one way and a .tfcv file the other. Every call
may be repeated without harm, so a call that finds the server busy or away is.
"""

from __future__ import annotations

import io
import re
import time
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from tfc_vae import container, images
from tfc_vae.codec import DEFAULT_QUALITY, ModelError
from tfc_vae.container import FormatError
from tfc_vae.images import ImageError
from tfc_vae.serving.rest import Rest
from tfc_vae.serving.rpc import Rpc
from tfc_vae.serving.transport import (
    RefusedError,
    ServerError,
    Transport,
    UnavailableError,
    UnknownModelError,
)

_FIRST_WAIT = 0.1  # seconds before the second attempt; doubled for each one more


class RemoteCodec:
    """An `ImageCodec` at http://, https:// (REST), grpc:// or grpcs:// HOST:PORT.

    Args:
      url: the server's address.
      model: the server has it as MODEL_encoder and MODEL_decoder.
      quality: 1 to 100, the default of `compress`.
      timeout: seconds for a call, all attempts together.
      attempts: how often a server is tried that is busy or cannot be reached.

    It may be used by several threads at once.

    Raises:
      ServerError: the address is none, or the packages for gRPC are missing.
    """

    def __init__(
        self, url, model="vr", quality=DEFAULT_QUALITY, *, timeout=60.0, attempts=4
    ):
        container.quality_q8(quality)
        self._transport = _transport(url)
        self._model, self.quality = model, quality
        self._timeout, self._attempts = timeout, attempts
        self.name = f"{model} at {url}"

    def compress(self, image: np.ndarray, quality: float | None = None) -> bytes:
        """uint8 (H, W, 3) -> bytes of a .tfcv file.

        Raises:
          FormatError: the quality is out of range.
          ImageError: the server does not take the image, such as a very large one.
          ModelError: the server does not have the model.
          ServerError: it cannot be reached or fails.
        """
        step = container.quality_q8(self.quality if quality is None else quality)
        # The step itself: as a float32, another number could be rounded another way.
        inputs = {"image_bytes": [_png(image)], "quality": [step / 256]}
        try:
            out = self._call("encoder", "serving_default", inputs)
        except RefusedError as error:
            raise ImageError(_message(error)) from None
        data = _single(out, "compressed_bytes")
        try:
            container.unpack(data)
        except FormatError as error:
            raise ServerError(f"{self.name}: answered with bad data: {error}") from None
        return data

    def decompress(self, data: bytes) -> np.ndarray:
        """Bytes of a .tfcv file -> uint8 (H, W, 3).

        Raises:
          FormatError: damaged data.
          ModelError: another model made it, or the server does not have the model.
          ServerError: the server cannot be reached or fails.
        """
        out = self._decode("serving_default", data)
        return images.read(_single(out, "image_bytes"))

    def info(self, data: bytes) -> dict:
        """What the server reads in a file: height, width, quality, bpp.

        Raises the same as `decompress`.
        """
        out = self._decode("info", data)
        return {name: values[0] for name, values in out.items()}

    def close(self):
        """Closes the connection, if there is one."""
        if hasattr(self._transport, "close"):
            self._transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _decode(self, signature, data):
        data = bytes(data)
        container.unpack(data)  # spares the way there
        try:
            return self._call("decoder", signature, {"compressed_bytes": [data]})
        except RefusedError as error:
            fault, words = _fault(_message(error))
            if fault == "model":
                raise ModelError(words) from None
            raise FormatError(fault, words) from None

    def _call(self, half, signature, inputs):
        end = time.monotonic() + self._timeout
        for attempt in range(self._attempts):
            left = end - time.monotonic()
            wait = _FIRST_WAIT * 2**attempt
            try:
                return self._transport.call(
                    f"{self._model}_{half}", signature, inputs, max(left, 0.001)
                )
            except UnavailableError:
                last = attempt + 1 == self._attempts
                if last or time.monotonic() + wait > end:
                    raise
                time.sleep(wait)
            except UnknownModelError as error:
                raise ModelError(str(error)) from None
        raise ValueError(f"{self._attempts} attempts; expected at least one")


def _fault(text):
    """What a served graph says of a file -> (fault, its words)."""
    fault, _, words = text.partition(": ")
    if fault in container.FAULTS:
        return fault, words
    # A model that was exported before faults had names says the words alone. What
    # `unpack` checks was checked here.
    if text.startswith("the file needs model"):
        return "model", text
    large = "more than the" in text or "takes more latents" in text
    return "too-large" if large else "stream", text


def _transport(url) -> Transport:
    parts = urlsplit(url)
    if not parts.hostname:
        parts = parts._replace(scheme="")  # what it is matters no more
    if parts.scheme in ("http", "https"):
        return Rest(url)
    if parts.scheme in ("grpc", "grpcs"):
        return Rpc(parts.netloc, secure=parts.scheme == "grpcs")
    raise ServerError(
        f"{url!r} is no server's address; expected http://HOST:PORT (REST, usually "
        "8501) or grpc://HOST:PORT (usually 8500)"
    )


def _png(image):
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f"an image of shape {image.shape}, {image.dtype}; expected uint8 (H, W, 3)"
        )
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _single(out, name):
    values = out.get(name, out.get(""))
    if not values or not isinstance(values[0], bytes):
        raise ServerError(f"the server's answer has no {name}")
    return values[0]


def _message(error):
    """The text of a check in the graph, without what TensorFlow puts around it."""
    text = str(error)
    found = re.search(r"assertion failed: \[(.*?)\](?=\s*\[\[|\s*$)", text, re.DOTALL)
    if not found:
        return text.split("\n")[0]
    return re.sub(r"\\(.)", r"\1", found[1])
