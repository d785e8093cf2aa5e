"""The codec: pixels -> .tfcv bytes -> pixels, on any runtime, without TensorFlow.

compress    analyse once; then per quality: z, prediction, symbols, rANS, container
decompress  the same backwards; every check of the file before the work it guards
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from tfc_vae import coding, container
from tfc_vae.codec import chunks, rdo, refine, search, store, targets
from tfc_vae.codec.backends import BACKENDS
from tfc_vae.container import FormatError, Header

DEFAULT_QUALITY = 50.0


class Symbols(NamedTuple):
    """What is coded at one quality, and what the receiver will know besides."""

    z: np.ndarray
    y: np.ndarray
    mean: np.ndarray
    index: np.ndarray


class LearnedCodec:
    """An `ImageCodec`: one exported model on one backend, at one default quality.

    effort: 1 to 9, how long `compress` searches for fewer bits; see `codec.search`.
    progress: whether the levels that take long show a bar on the standard error, if
    that is a terminal.
    """

    def __init__(
        self,
        info: store.ModelInfo,
        networks,
        quality=DEFAULT_QUALITY,
        effort: int = search.DEFAULT,
        progress=False,
    ):
        container.quality_q8(quality)
        self.info, self.networks, self.quality = info, networks, quality
        self.name, self.progress = info.name, progress
        self.effort = search.check(effort)
        with np.load(info.folder / "tables.npz") as arrays:
            self.tables = coding.Tables.from_arrays(arrays)
        self._halo = info.manifest["halo"]
        # The first table rows are those of y, then one for each channel of z.
        self.z_rows = self.y_rows = info.manifest["z_rows"]

    @classmethod
    def load(
        cls,
        model=None,
        *,
        backend="litert",
        quality=DEFAULT_QUALITY,
        effort: int = search.DEFAULT,
        progress=False,
        **options,
    ):
        """Opens a model by name or folder. backend: "litert" or "tf".

        Raises `ModelError` for a model or a backend that is not there, `EffortError`.
        """
        if backend not in BACKENDS:
            raise store.ModelError(
                f"no backend {backend!r}; there is {', '.join(BACKENDS)}"
            )
        info = store.find(model)
        networks = BACKENDS[backend](info.folder, **options)
        return cls(info, networks, quality, effort, progress)

    # Sender

    def compress(
        self, image, quality: float | None = None, effort: int | None = None
    ) -> bytes:
        """uint8 (H, W, 3) -> bytes of a .tfcv file; quality 1 to 100, higher is better.

        Raises ValueError for an image of another shape or type, `EffortError`.
        """
        step = container.quality_q8(self.quality if quality is None else quality)
        level = self.effort if effort is None else search.check(effort)
        coded = self.search(image, self.analyse(image), step / 256, level)
        return self.pack(coded, image.shape, step)

    def compress_to_size(self, image, max_bytes: int) -> bytes:
        """The largest quality whose file has at most `max_bytes`.

        With an effort above 1, one more search at the quality that then fits, too.
        Raises `TargetError`, with the sizes that are possible.
        """
        return targets.to_size(self, image, max_bytes)

    def compress_to_psnr(self, image, psnr: float) -> bytes:
        """The smallest quality whose result has at least `psnr` dB (8-bit RGB).

        With an effort above 1 the smaller of that file and of one that was searched.
        Raises `TargetError`, with the range that is possible.
        """
        return targets.to_psnr(self, image, psnr)

    def analyse(self, image):
        """uint8 (H, W, 3) -> y, once for all qualities; pads by repeating the edge."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(
                f"an image of shape {image.shape}, {image.dtype}; expected uint8 "
                "(H, W, 3)"
            )
        bottom, right = (-image.shape[0]) % 16, (-image.shape[1]) % 16
        if bottom or right:  # a large image is not copied for nothing
            image = np.pad(image, ((0, bottom), (0, right), (0, 0)), "edge")
        return chunks.analyse(self.networks, image, self._halo["analysis"])

    def emit(self, y, quality: float, effort: int | None = None) -> Symbols:
        """y -> the integers to code at one quality; floats end here.

        effort: level 1, or 2 for all others; by default the codec's.
        """
        z = chunks.hyper_analyse(
            self.networks, y, quality, self._halo["hyper_analysis"]
        )
        mean, index = self.predict(z, quality, y.shape)
        if (effort or self.effort) == 1:
            symbols = chunks.quantise(self.networks, y, quality, mean, index)
        else:
            symbols = self.quantise(y, quality, mean, index)
        return Symbols(z, symbols, mean, index)

    def quantise(self, y, quality, mean, index):
        """y and its prediction -> the symbols of level 2, int16."""
        gain = self.info.gain(quality)
        symbols = np.zeros(y.shape, np.int16)
        for top in range(0, len(y), chunks.SIZE):  # strips: bounded memory
            rows = slice(top, top + chunks.SIZE)
            live = np.flatnonzero(~self.tables.skip[index[rows]])
            scaled = (y[rows] * gain).ravel()[live]
            targets = scaled - mean[rows].ravel()[live] * np.float32(1 / 16)
            chosen = rdo.choose(self._choices, targets, index[rows].ravel()[live])
            symbols[rows].ravel()[live] = chosen
        return symbols

    @cached_property
    def _choices(self):
        return rdo.nearest_or_zero(self.tables, self.y_rows, search.ALONE)

    def search(self, image, y, quality: float, level: int) -> Symbols:
        """`emit`, and then the encode-time search up to `level`."""
        if level == 1:
            return self.emit(y, quality, level)
        if self.info.distortion != "mse":
            raise search.EffortError(
                f"effort {level}: {self.name} was trained for "
                f"{self.info.distortion}, and the search knows the squared error only; "
                "use effort 1"
            )
        if level >= search.GRADIENTS:
            self.gradients  # noqa: B018  says what is missing before the work
        problem = search.Problem(self, image, y, quality)
        return search.search(problem, level, self.progress)

    @property
    def gradients(self):
        """The receiver's networks as TensorFlow differentiates them."""
        return refine.gradients(self.info.folder, tuple(self._halo.items()))

    def squared_error(self, image, coded, quality) -> float:
        """Of what the receiver sees: mean of R, G and B, summed over the pixels."""
        pixels = self.render(coded, quality)[: image.shape[0], : image.shape[1]]
        total = 0.0
        for seen, wanted in zip(pixels, image, strict=True):  # rows: bounded memory
            total += np.square(seen.astype(np.float32) - wanted).sum(dtype=np.float64)
        return total / 3

    def pack(self, coded, shape, step) -> bytes:
        """Symbols -> a file; step: the quality in 1/256."""
        groups = self._groups(coded)
        lanes = coding.choose_lanes(self.bits(coded))
        stream, escapes = coding.encode(groups, self.tables, lanes)
        header = Header(
            model_id=self.info.model_id,
            height=shape[0],
            width=shape[1],
            quality_q8=step,
            lanes_log2=lanes.bit_length() - 1,
        )
        sections = {container.STREAM: stream}
        if escapes:
            sections[container.ESCAPES] = escapes
        return container.pack(header, sections)

    def bits(self, coded) -> float:
        """What the symbols cost; the file takes about a percent more."""
        return sum(
            coding.ideal_bits(values, rows, self.tables)
            for values, rows in self._groups(coded)
        )

    def _groups(self, coded):
        rows_z = self._rows_z(coded.z.shape)
        return [(coded.z.ravel(), rows_z), (coded.y.ravel(), coded.index.ravel())]

    def _rows_z(self, shape):
        """The table row of each z: its channel's."""
        return np.tile(self.z_rows + np.arange(shape[2]), shape[0] * shape[1])

    # Receiver

    def decompress(self, data: bytes) -> np.ndarray:
        """Bytes of a .tfcv file -> uint8 (H, W, 3).

        Raises `FormatError` for damaged data, `ModelError` if another model made it.
        """
        header, sections = container.unpack(data)
        self.info.check(header)
        coded = self._symbols(header, sections)
        pixels = self.render(coded, header.quality)
        return pixels[: header.height, : header.width]

    def _symbols(self, header, sections):
        height, width = -(-header.height // 16), -(-header.width // 16)
        if 256 * height * width > container.MAX_PIXELS:
            # A strip one pixel high passes the container's check and takes 16 times
            # the latents.
            raise FormatError(
                f"an image of {header.width} x {header.height} takes more latents than "
                f"one of {container.MAX_PIXELS} pixels: too large"
            )
        channels = self.info.manifest["channels"]
        z_shape = (-(-height // 4), -(-width // 4), channels["z"])
        try:
            decoder = coding.Decoder(
                sections[container.STREAM],
                sections.get(container.ESCAPES, b""),
                header.lanes,
                self.tables,
            )
            z = decoder.pop(self._rows_z(z_shape)).reshape(z_shape)
            y_shape = (height, width, channels["y"])
            mean, index = self.predict(z, header.quality, y_shape)
            y = decoder.pop(index.ravel()).reshape(y_shape)
            decoder.finish()
        except coding.CodingError as error:
            raise FormatError(f"the file is damaged: {error}") from error
        return Symbols(z, y, mean, index)

    def predict(self, z, quality, y_shape):
        """z -> mean in sixteenths and table row of each latent, int16."""
        return chunks.predict(
            self.networks, z, quality, y_shape, self._halo["hyper_synthesis"]
        )

    def render(self, coded, quality):
        """Symbols -> uint8 (16 h, 16 w, 3), of whole blocks."""
        return chunks.synthesise(
            self.networks, coded.y, coded.mean, quality, self._halo["synthesis"]
        )
