"""Worker: times tfc_vae's decoding. Arguments: image, model, quality, threads."""

import sys

import ai_edge_litert
import numpy as np
from PIL import Image
from timed_server import serve

from tfc_vae.codec import LearnedCodec


def main(image, model, quality, threads):
    codec = LearnedCodec.load(model, quality=quality, threads=threads)
    with Image.open(image) as file:
        data = codec.compress(np.asarray(file.convert("RGB")))
    facts = {
        "name": f"tfc_vae {model}, quality {quality:g}",
        "runtime": f"LiteRT {ai_edge_litert.__version__}, numpy {np.__version__}",
        "bytes": len(data),
    }
    serve(lambda: codec.decompress(data), facts)


if __name__ == "__main__":
    main(*sys.argv[1:3], float(sys.argv[3]), int(sys.argv[4]))
