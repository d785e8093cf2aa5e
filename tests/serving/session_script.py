"""Compresses and decompresses as TensorFlow Serving does; any TensorFlow from 2.14.

    python session_script.py MODEL_FOLDER INPUT.npz OUTPUT.npz

A process of its own, which knows nothing of this project: Session.run on the tensors
of the signatures. INPUT has `image` and `compressed`, both bytes, and `quality`; OUTPUT
gets what becomes of them, and the version.
"""

import importlib
import os
import sys

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
for name in ("tensorflow_compression", "tfc_vae", "tensorflow_serving"):
    sys.modules[name] = None  # importing it is an error now

tf = importlib.import_module("tensorflow")

v1 = tf.compat.v1


class Model:
    """One SavedModel in a Session."""

    def __init__(self, folder):
        self.session = v1.Session(graph=tf.Graph())
        with self.session.graph.as_default():
            self.meta = v1.saved_model.load(self.session, ["serve"], folder)

    def run(self, signature, **inputs):
        found = self.meta.signature_def[signature]
        feeds = {found.inputs[name].name: value for name, value in inputs.items()}
        fetches = {name: tensor.name for name, tensor in found.outputs.items()}
        return self.session.run(fetches, feeds)


def main(folder, inputs, outputs):
    given = np.load(inputs)
    image, file = (given[name].tobytes() for name in ("image", "compressed"))
    encoder, decoder = Model(folder + "/encoder/1"), Model(folder + "/decoder/1")
    encoded = encoder.run(
        "serving_default", image_bytes=[image], quality=[given["quality"]]
    )
    decoded = decoder.run("serving_default", compressed_bytes=[file])
    np.savez(
        outputs,
        compressed=np.frombuffer(encoded["compressed_bytes"][0], np.uint8),
        png=np.frombuffer(decoded["image_bytes"][0], np.uint8),
        version=tf.__version__,
        **decoder.run("info", compressed_bytes=[file]),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
