"""What runs the networks: LiteRT, or TensorFlow with the SavedModels.

Both answer the `Networks` protocol. Each half is loaded when it is first needed: who
only decompresses never loads an encoder. Instances are not safe for use by several
threads at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np


class LiteRTNetworks:
    """The .tflite files of a model folder.

    encoder, hyper_decoder, synthesis: variants of the files, such as "_fp16" or
    "_int8"; "" is float32. Which ones there are, the model card says.
    interpreter: a class like ai_edge_litert's `Interpreter`, which is the default;
    TensorFlow's `tf.lite.Interpreter` is another.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        threads: int | None = None,
        *,
        encoder: str = "",
        hyper_decoder: str = "",
        synthesis: str = "",
        interpreter: Callable | None = None,
    ):
        self._folder = Path(folder) / "tflite"
        self._threads = threads or os.cpu_count() or 1
        self._interpreter = interpreter
        self._files = {
            "encoder": f"encoder{encoder}.tflite",
            "hyper_decoder": f"hyper_decoder{hyper_decoder}.tflite",
            "synthesis": f"synthesis{synthesis}.tflite",
        }

    @cached_property
    def _encoder(self):
        return self._load("encoder")

    @cached_property
    def _hyper_decoder(self):
        return self._load("hyper_decoder")

    @cached_property
    def _synthesis(self):
        return self._load("synthesis")

    def _load(self, file):
        path = self._folder / self._files[file]
        kind = self._interpreter or litert()
        return _Signatures(kind(model_path=str(path), num_threads=self._threads))

    def analyse(self, pixels: np.ndarray) -> np.ndarray:
        return self._encoder["analyse"](pixels=pixels[np.newaxis])["y"][0]

    def hyper_analyse(self, y: np.ndarray, quality: float) -> np.ndarray:
        run = self._encoder["hyper_analyse"]
        return run(y=y[np.newaxis], quality=_vector(quality))["z"][0]

    def predict(self, z: np.ndarray, quality: float) -> tuple[np.ndarray, np.ndarray]:
        run = self._hyper_decoder["predict"]
        out = run(z=z[np.newaxis], quality=_vector(quality))
        return out["mean"][0], out["index"][0]

    def quantise(
        self, y: np.ndarray, quality: float, mean: np.ndarray, index: np.ndarray
    ) -> np.ndarray:
        out = self._encoder["quantise"](
            y=y[np.newaxis],
            quality=_vector(quality),
            mean=mean[np.newaxis],
            index=index[np.newaxis],
        )
        return out["symbols"][0]

    def synthesise(self, y: np.ndarray, mean: np.ndarray, quality: float) -> np.ndarray:
        out = self._synthesis["synthesise"](
            symbols=y[np.newaxis], mean=mean[np.newaxis], quality=_vector(quality)
        )
        return out["pixels"][0]


def litert() -> Callable:
    """The default runtime's `Interpreter`."""
    # Imported here: header-only work (`info`, Pillow's lazy open) does without.
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter


class _Signatures:
    """Runs signatures by name, each set up when it is first used."""

    def __init__(self, interpreter):
        self._interpreter, self._runners = interpreter, {}

    def __getitem__(self, name):
        if name not in self._runners:
            self._runners[name] = self._interpreter.get_signature_runner(name)
        return self._runners[name]


class SavedModelNetworks:
    """The SavedModels of a model folder; needs TensorFlow, any version from 2.14."""

    def __init__(self, folder: str | os.PathLike, threads: int | None = None):
        # Imported here: the only place of this half that can use TensorFlow.
        import tensorflow as tf

        self._tf, self._folder = tf, Path(folder)
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)

    @cached_property
    def _sender(self):
        return self._tf.saved_model.load(str(self._folder / "encoder" / "1"))

    @cached_property
    def _receiver(self):
        return self._tf.saved_model.load(str(self._folder / "decoder" / "1"))

    def _call(self, half, name, **inputs):
        tensors = {k: self._tf.constant(v) for k, v in inputs.items()}
        results = half.signatures[name](**tensors)
        return {k: v.numpy()[0] for k, v in results.items()}

    def analyse(self, pixels: np.ndarray) -> np.ndarray:
        return self._call(self._sender, "analyse", pixels=pixels[np.newaxis])["y"]

    def hyper_analyse(self, y: np.ndarray, quality: float) -> np.ndarray:
        inputs = {"y": y[np.newaxis], "quality": _vector(quality)}
        return self._call(self._sender, "hyper_analyse", **inputs)["z"]

    def predict(self, z: np.ndarray, quality: float) -> tuple[np.ndarray, np.ndarray]:
        half = self._sender if "_sender" in self.__dict__ else self._receiver
        inputs = {"z": z[np.newaxis], "quality": _vector(quality)}
        out = self._call(half, "predict", **inputs)
        return out["mean"], out["index"]

    def quantise(
        self, y: np.ndarray, quality: float, mean: np.ndarray, index: np.ndarray
    ) -> np.ndarray:
        out = self._call(
            self._sender,
            "quantise",
            y=y[np.newaxis],
            quality=_vector(quality),
            mean=mean[np.newaxis],
            index=index[np.newaxis],
        )
        return out["symbols"]

    def synthesise(self, y: np.ndarray, mean: np.ndarray, quality: float) -> np.ndarray:
        out = self._call(
            self._receiver,
            "synthesise",
            symbols=y[np.newaxis],
            mean=mean[np.newaxis],
            quality=_vector(quality),
        )
        return out["pixels"]


def _vector(quality):
    return np.array([quality], np.float32)


BACKENDS = {"litert": LiteRTNetworks, "tf": SavedModelNetworks}
