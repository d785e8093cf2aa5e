"""`decoder_full.tflite` as a reader of files: the whole decoder is one TFLite graph.

For comparison and as an example; `LearnedCodec` is several times as fast and works in
windows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tfc_vae import container
from tfc_vae.codec.backends import litert
from tfc_vae.codec.store import ModelInfo
from tfc_vae.container import FormatError


class PayloadDecoder:
    """Decodes .tfcv files of one model folder.

    interpreter: a class like ai_edge_litert's `Interpreter`, which is the default.
    """

    def __init__(
        self,
        info: ModelInfo,
        threads: int | None = None,
        interpreter: Callable | None = None,
    ):
        self.info = info
        path = Path(info.folder) / "tflite" / "decoder_full.tflite"
        made = (interpreter or litert())(model_path=str(path), num_threads=threads)
        self._decode = made.get_signature_runner("decode")

    def decompress(self, data: bytes) -> np.ndarray:
        """Bytes of a .tfcv file -> uint8 (H, W, 3).

        Raises `FormatError` for damaged data, `ModelError` if another model made it.
        """
        header, sections = container.unpack(data)
        self.info.check(header)
        stream = sections[container.STREAM]
        escapes = sections.get(container.ESCAPES, b"")
        size = header.height, header.width
        given = inputs(stream, escapes, size, header.quality_q8, header.lanes)
        out = self._decode(**given)
        if not out["ok"].all():
            raise FormatError(
                "stream", "the file is damaged: the stream does not end well"
            )
        return out["pixels"]


def inputs(
    stream: bytes, escapes: bytes, size: tuple[int, int], quality_q8: int, lanes: int
) -> dict[str, np.ndarray]:
    """What the signature "decode" takes; size: height and width."""
    return {
        "payload": np.frombuffer(stream + escapes, np.uint8),
        "stream_bytes": np.array([len(stream)], np.int32),
        "size": np.array(size, np.int32),
        "quality_q8": np.array([quality_q8], np.int32),
        "lanes": np.array([lanes], np.int32),
    }
