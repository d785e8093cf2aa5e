"""What runs the networks: LiteRT, or TensorFlow with the SavedModels.

Both answer the `Networks` protocol. Each half is loaded when it is first needed: who
only decompresses never loads an encoder. Instances are not safe for use by several
threads at once.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import numpy as np


class LiteRTNetworks:
    """The .tflite files of a model folder, float32 or float16 ("_fp16") constants."""

    def __init__(self, folder, threads: int | None = None, variant: str = ""):
        self._folder = Path(folder) / "tflite"
        self._threads = threads or os.cpu_count() or 1
        self._variant = variant

    @cached_property
    def _sender(self):
        return self._load("encoder")

    @cached_property
    def _receiver(self):
        return self._load("decoder")

    def _load(self, half):
        # Imported here: header-only work (`info`, Pillow's lazy open) does without.
        from ai_edge_litert.interpreter import Interpreter

        path = self._folder / f"{half}{self._variant}.tflite"
        interpreter = Interpreter(model_path=str(path), num_threads=self._threads)
        names = interpreter.get_signature_list()
        return {name: interpreter.get_signature_runner(name) for name in names}

    def analyse(self, pixels):
        return self._sender["analyse"](pixels=pixels[np.newaxis])["y"][0]

    def hyper_analyse(self, y, quality):
        run = self._sender["hyper_analyse"]
        return run(y=y[np.newaxis], quality=_vector(quality))["z"][0]

    def predict(self, z, quality):
        # Both files hold this network; whichever is loaded already serves.
        half = self._sender if "_sender" in self.__dict__ else self._receiver
        out = half["predict"](z=z[np.newaxis], quality=_vector(quality))
        return out["mean"][0], out["index"][0]

    def quantise(self, y, quality, mean, index):
        out = self._sender["quantise"](
            y=y[np.newaxis],
            quality=_vector(quality),
            mean=mean[np.newaxis],
            index=index[np.newaxis],
        )
        return out["symbols"][0]

    def synthesise(self, y, mean, quality):
        out = self._receiver["synthesise"](
            symbols=y[np.newaxis], mean=mean[np.newaxis], quality=_vector(quality)
        )
        return out["pixels"][0]


class SavedModelNetworks:
    """The SavedModels of a model folder; needs TensorFlow, any version from 2.14."""

    def __init__(self, folder, threads: int | None = None):
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

    def analyse(self, pixels):
        return self._call(self._sender, "analyse", pixels=pixels[np.newaxis])["y"]

    def hyper_analyse(self, y, quality):
        inputs = {"y": y[np.newaxis], "quality": _vector(quality)}
        return self._call(self._sender, "hyper_analyse", **inputs)["z"]

    def predict(self, z, quality):
        half = self._sender if "_sender" in self.__dict__ else self._receiver
        inputs = {"z": z[np.newaxis], "quality": _vector(quality)}
        out = self._call(half, "predict", **inputs)
        return out["mean"], out["index"]

    def quantise(self, y, quality, mean, index):
        out = self._call(
            self._sender,
            "quantise",
            y=y[np.newaxis],
            quality=_vector(quality),
            mean=mean[np.newaxis],
            index=index[np.newaxis],
        )
        return out["symbols"]

    def synthesise(self, y, mean, quality):
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
