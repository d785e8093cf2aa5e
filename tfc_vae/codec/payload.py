"""`decoder_full.tflite` as a reader of files: the whole decoder is one TFLite graph.

For comparison and as an example; `LearnedCodec` is several times as fast and works in
windows.
"""

from pathlib import Path

import numpy as np

from tfc_vae import container
from tfc_vae.codec.store import ModelError
from tfc_vae.container import FormatError


class PayloadDecoder:
    """Decodes .tfcv files of one model folder.

    interpreter: a class like ai_edge_litert's `Interpreter`, which is the default.
    """

    def __init__(self, info, threads: int | None = None, interpreter=None):
        # Imported here, as in `backends`.
        from ai_edge_litert.interpreter import Interpreter

        self.info = info
        path = Path(info.folder) / "tflite" / "decoder_full.tflite"
        made = (interpreter or Interpreter)(model_path=str(path), num_threads=threads)
        self._decode = made.get_signature_runner("decode")

    def decompress(self, data: bytes) -> np.ndarray:
        """Bytes of a .tfcv file -> uint8 (H, W, 3).

        Raises `FormatError` for damaged data, `ModelError` if another model made it.
        """
        header, inputs = arguments(data)
        if header.model_id != self.info.model_id:
            raise ModelError(
                f"the file needs model {header.model_id.hex()}; {self.info.name} is "
                f"{self.info.model_id.hex()}"
            )
        out = self._decode(**inputs)
        if not out["ok"].all():
            raise FormatError("the file is damaged: the stream does not end well")
        return out["pixels"]


def arguments(data: bytes):
    """A file -> its header, and the inputs of the signature "decode"."""
    header, sections = container.unpack(data)
    stream, escapes = (
        sections[container.STREAM],
        sections.get(container.ESCAPES, b""),
    )
    return header, {
        "payload": np.frombuffer(stream + escapes, np.uint8),
        "stream_bytes": np.array([len(stream)], np.int32),
        "size": np.array([header.height, header.width], np.int32),
        "quality_q8": np.array([header.quality_q8], np.int32),
        "lanes": np.array([header.lanes], np.int32),
    }
