"""Worker: times CompressAI's decoding of bmshj2018_hyperprior, quality 3.

Arguments: width, height, bytes (the size that the bitstream shall have), threads. Runs
in an environment of its own. What is timed is the model's own `decompress` on its own
bitstream, then the conversion to 8-bit pixels.

The weights are the random initial ones, because the published ones are a download. What
that leaves representative, and what not:

  - The networks are the published architecture (N=128, M=192); their time does not
    depend on the values of the weights.
  - The number of symbols to decode is the real one. Their distribution is drawn: one
    Gaussian per channel, with standard deviations spread geometrically over three
    decades and scaled until the file has the size asked for. A trained model's scales
    vary inside a channel too; the range decoder's time per symbol changes little.
  - The decoded picture is noise. Nothing here says anything about quality.
"""

import sys

import compressai
import torch
from compressai.entropy_models import EntropyBottleneck
from compressai.models.google import get_scale_table
from compressai.zoo import bmshj2018_hyperprior
from timed_server import serve

ROUNDS = 12  # of the bisection: the size is met within a percent


def build():
    model = bmshj2018_hyperprior(quality=3, pretrained=False).eval()
    # The initial density is ten steps wide, which would make z half of the file; with
    # a tenth of a step it is a tenth, still twice its share after training.
    model.entropy_bottleneck = EntropyBottleneck(model.N, init_scale=0.1)
    model.update(get_scale_table(), force=True)
    return model


def bitstream(model, height, width, size):
    """Draws latents whose file has about `size` bytes: (y, [strings], shape of z)."""
    z = torch.randn(1, model.N, -(-height // 64), -(-width // 64)).mul(0.22).round()
    y_unit = torch.randn(1, model.M, 4 * z.shape[2], 4 * z.shape[3])
    spread = torch.logspace(0, -3, model.M)
    z_strings = model.entropy_bottleneck.compress(z)
    low, high = 0.01, 1000.0
    for _ in range(ROUNDS):
        factor = (low * high) ** 0.5
        with torch.no_grad():
            model.h_s[-2].bias.copy_(factor * spread)  # the scales, before the ReLU
        scales = model.h_s(z)
        indexes = model.gaussian_conditional.build_indexes(scales)
        y = (y_unit * scales).round()
        strings = [model.gaussian_conditional.compress(y, indexes), z_strings]
        too_big = sum(len(s[0]) for s in strings) > size
        low, high = (low, factor) if too_big else (factor, high)
    return y, strings, z.shape[-2:]


def main(width, height, size, threads):
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    model = build()
    y, strings, shape = bitstream(model, height, width, size)

    def decode():
        x = model.decompress(strings, shape)["x_hat"][0, :, :height, :width]
        return x.mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy()

    scales = model.h_s(model.entropy_bottleneck.decompress(strings[1], shape))
    indexes = model.gaussian_conditional.build_indexes(scales)
    if not torch.equal(model.gaussian_conditional.decompress(strings[0], indexes), y):
        raise RuntimeError("CompressAI did not decode the latents that it was given")
    facts = {
        "name": "CompressAI bmshj2018_hyperprior, quality 3",
        "runtime": f"PyTorch {torch.__version__}, CompressAI {compressai.__version__}",
        "bytes": sum(len(s[0]) for s in strings),
    }
    serve(decode, facts)


if __name__ == "__main__":
    with torch.inference_mode():
        main(*(int(argument) for argument in sys.argv[1:]))
