"""Decoding time through the SavedModel, as TensorFlow Serving runs it, and in LiteRT.

    python benchmarks/serving.py --image KODAK/kodim23.png

Both decode the same files in one process, warm, taking turns; the best of --runs. Three
things are timed: the codec's LiteRT back end (file to pixels, the entropy coder in C
where it was built), the signature `serving_default` (file to PNG, all in the graph) and
the PNG alone, which the other has not to write.
"""

import argparse
import time
from pathlib import Path

import tensorflow as tf

from tfc_vae import container, images
from tfc_vae.codec import LearnedCodec
from tfc_vae.export.ops import image_ops

QUALITIES = (10, 40, 70, 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--model", default="vr")
    parser.add_argument("--runs", type=int, default=10)
    args = parser.parse_args()
    codec = LearnedCodec.load(args.model)
    decoder = tf.saved_model.load(str(codec.info.folder / "decoder" / "1"))
    image = images.read(args.image)
    print("| quality | bytes | lanes | LiteRT, ms | graph, ms | PNG, ms | times |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for quality in QUALITIES:
        data = codec.compress(image, quality)
        lanes = container.unpack(data)[0].lanes
        litert, graph, png = best(works(codec, decoder, data), args.runs)
        print(
            f"| {quality} | {len(data)} | {lanes} | {litert:.1f} | {graph:.1f} | "
            f"{png:.1f} | {graph / litert:.2f}; {(graph - png) / litert:.2f} without "
            "the PNG |"
        )


def works(codec, decoder, data):
    """The three things to be timed, functions without arguments."""
    serve = decoder.signatures["serving_default"]
    request, pixels = tf.constant([data]), tf.constant(codec.decompress(data))
    return (
        lambda: codec.decompress(data),
        lambda: serve(compressed_bytes=request)["image_bytes"].numpy(),
        lambda: image_ops.write(pixels).numpy(),
    )


def best(functions, runs):
    """The shortest time of each in ms; the first call is not timed."""
    times = [[] for _ in functions]
    for _ in range(1 + runs):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(1000 * (time.perf_counter() - start))
    return [min(taken[1:]) for taken in times]


if __name__ == "__main__":
    main()
