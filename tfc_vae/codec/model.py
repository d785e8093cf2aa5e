"""What an exported model can do on one backend, for whole images.

    analyse     pixels -> y                          the large network, once an image
    emit        y, quality -> `Latents`: z, prediction, values; floats end here
    receive     the same integers out of a stream
    render      `Latents` -> pixels

The order of what is coded is `coding.passes`'s alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tfc_vae import coding, container
from tfc_vae.codec import store
from tfc_vae.codec.protocol import Networks
from tfc_vae.codec.windows import TILE, Windowed
from tfc_vae.coding import Latents, geometry
from tfc_vae.container import FormatError


class Model:
    """One exported model on one backend.

    networks: see `codec.protocol.Networks`. tile: see `codec.windows.Windowed`.
    Raises OSError where the folder has no tables.
    """

    def __init__(self, info: store.ModelInfo, networks: Networks, tile: int = TILE):
        self.info, self.tables, self.plan = info, info.tables(), info.plan
        self.networks = Windowed(networks, info.channels, info.halo, tile)

    def analyse(self, image: np.ndarray) -> np.ndarray:
        """uint8 (H, W, 3) -> y, once for all qualities; pads by repeating the edge."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(
                f"an image of shape {image.shape}, {image.dtype}; expected uint8 "
                "(H, W, 3)"
            )
        bottom, right = geometry.padding(*image.shape[:2])
        if bottom or right:  # a large image is not copied for nothing
            image = np.pad(image, ((0, bottom), (0, right), (0, 0)), "edge")
        return self.networks.analyse(image)

    def emit(self, y: np.ndarray, quality: float) -> Latents:
        """y -> the integers to code at one quality, each rounded to the nearest."""

        def take(index, mean):
            if mean is None:
                return self.networks.hyper_analyse(y, quality)
            return self.networks.quantise(y, quality, mean, index)

        return self.walk(take, y.shape, quality)

    def receive(
        self, decoder: coding.Decoder, size: tuple[int, ...], quality: float
    ) -> Latents:
        """Takes the integers of an image of `size` pixels out of a stream.

        Raises `CodingError` for a stream that is damaged.
        """
        channels = self.info.channels
        y_shape = (*geometry.y_shape(*size), channels["y"])
        z_shape = (*geometry.z_shape(*y_shape[:2]), channels["z"])

        def take(index, mean):
            if mean is None:
                return decoder.pop(np.broadcast_to(index, z_shape))
            return decoder.pop(index)

        latents = self.walk(take, y_shape, quality)
        decoder.finish()
        return latents

    def walk(self, take: Callable, y_shape: tuple[int, ...], quality: float) -> Latents:
        """`coding.walk` with this model's prediction."""

        def predict(z):
            return self.networks.predict(z.astype(np.int32), quality, y_shape)

        return coding.walk(self.plan, take, predict)

    def predict(
        self, z: np.ndarray, quality: float, y_shape: tuple[int, ...]
    ) -> Latents:
        """z -> what the receiver will predict from it; no values yet."""
        mean, index = self.networks.predict(z, quality, y_shape)
        return Latents(z, np.zeros(y_shape, np.int16), mean, index)

    def render(self, latents: Latents, quality: float) -> np.ndarray:
        """`Latents` -> uint8 (16 h, 16 w, 3), of whole latents."""
        return self.networks.synthesise(latents.y, latents.mean, quality)

    def squared_error(
        self, image: np.ndarray, latents: Latents, quality: float
    ) -> float:
        """Of what the receiver sees: mean of R, G and B, summed over the pixels."""
        pixels = self.render(latents, quality)[: image.shape[0], : image.shape[1]]
        total = 0.0
        for seen, wanted in zip(pixels, image, strict=True):  # rows: bounded memory
            total += np.square(seen.astype(np.float32) - wanted).sum(dtype=np.float64)
        return total / 3

    def bits(self, latents: Latents) -> float:
        """What the values cost; the file takes about a percent more."""
        return sum(
            coding.ideal_bits(values, index, self.tables)
            for values, index in self.plan.groups(latents)
        )

    def pack(self, latents: Latents, size: tuple[int, ...], q8: int) -> bytes:
        """`Latents` -> a file of an image of `size` pixels."""
        lanes = coding.choose_lanes(self.bits(latents))
        groups = self.plan.groups(latents)
        stream, escapes = coding.encode(groups, self.tables, lanes)
        header = container.Header(
            model_id=self.info.model_id,
            height=size[0],
            width=size[1],
            quality_q8=q8,
            lanes_log2=lanes.bit_length() - 1,
        )
        sections = {container.STREAM: stream}
        if escapes:
            sections[container.ESCAPES] = escapes
        return container.pack(header, sections)

    def unpack(
        self, header: container.Header, sections: Mapping[str, bytes]
    ) -> Latents:
        """A file's sections -> `Latents`; raises `FormatError` for damage."""
        rows, columns = geometry.y_shape(header.height, header.width)
        if geometry.LATENT**2 * rows * columns > container.MAX_PIXELS:
            # A strip one pixel high passes the container's check and takes 16 times
            # the latents.
            raise FormatError(
                "too-large",
                f"an image of {header.width} x {header.height} takes more latents than "
                f"one of {container.MAX_PIXELS} pixels: too large",
            )
        escapes = sections.get(container.ESCAPES, b"")
        try:
            decoder = coding.Decoder(
                sections[container.STREAM], escapes, header.lanes, self.tables
            )
            size = header.height, header.width
            return self.receive(decoder, size, header.quality)
        except coding.CodingError as error:
            raise FormatError("stream", f"the file is damaged: {error}") from error
