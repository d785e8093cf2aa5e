"""Worker of train_race.py: CompressAI's side. Argument: the folder of a job.

train     mbt2018_mean by the clock, as CompressAI's examples/train.py does: Adam, the
          loss lmbda * 255^2 * mse + bpp, gradients clipped at 1, the quantiles of the
          factorised prior with an Adam of their own at 1e-3. From random weights, or
          from those of an earlier job.
evaluate  codes Kodak with a trained model, real bytes both ways
"""

import struct
from pathlib import Path

import compressai
import numpy as np
import race_common as common
import torch
from compressai import zoo
from compressai.losses import RateDistortionLoss
from compressai.optimizers import net_aux_optimizer

from tfc_vae import evaluation, images

ARCHITECTURE, QUALITY = "mbt2018_mean", 3  # N=128, M=192
CLIP_NORM, AUXILIARY_RATE = 1.0, 1e-3
WEIGHTS = "weights.pt"
HEADER = struct.Struct("<HHI")  # height, width, bytes of y


def build(weights=None):
    """A model with random weights, or with those of a job's folder."""
    model = getattr(zoo, ARCHITECTURE)(quality=QUALITY, pretrained=False)
    if weights:
        model.load_state_dict(torch.load(Path(weights) / WEIGHTS, weights_only=True))
    return model


def train(job, folder):
    torch.manual_seed(common.SEED)
    model = build(job["start"]).train()
    criterion = RateDistortionLoss(lmbda=job["lmbda"])
    optimizers = net_aux_optimizer(
        model,
        {
            "net": {"type": "Adam", "lr": job["learning_rate"]},
            "aux": {"type": "Adam", "lr": AUXILIARY_RATE},
        },
    )
    net, auxiliary = optimizers["net"], optimizers["aux"]

    def step(crops, rate):
        for group in net.param_groups:
            group["lr"] = rate
        x = torch.from_numpy(crops).permute(0, 3, 1, 2).float().div(255)
        net.zero_grad()
        auxiliary.zero_grad()
        loss = criterion(model(x), x)["loss"]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        net.step()
        model.aux_loss().backward()
        auxiliary.step()
        return loss.item()

    counts = common.train(step, job)
    torch.save(model.state_dict(), folder / WEIGHTS)
    return {
        **counts,
        "runtime": f"PyTorch {torch.__version__}",
        "version": compressai.__version__,
        "parameters": sum(p.numel() for p in model.parameters()),
    }


class Codec:
    """An `ImageCodec`: a trained model. Its file: HEADER, y, z; no checksum, no id."""

    name = ARCHITECTURE

    def __init__(self, model):
        # Exact quantiles: 30 minutes at 1e-3 leave the trained ones far off.
        model.eval().update(force=True, update_quantiles=True)
        self.model = model

    @torch.inference_mode()
    def compress(self, image):
        """uint8 (H, W, 3) -> bytes; pads to multiples of 64 by repeating the edge."""
        height, width = image.shape[:2]
        room = ((0, -height % 64), (0, -width % 64), (0, 0))
        padded = np.pad(image, room, "edge")
        x = torch.from_numpy(padded).permute(2, 0, 1)[None].float().div(255)
        y, z = (strings[0] for strings in self.model.compress(x)["strings"])
        return HEADER.pack(height, width, len(y)) + y + z

    @torch.inference_mode()
    def decompress(self, data):
        height, width, split = HEADER.unpack_from(data)
        y, z = data[HEADER.size :][:split], data[HEADER.size + split :]
        shape = (-(-height // 64), -(-width // 64))
        x = self.model.decompress([[y], [z]], shape)["x_hat"][0]
        x = x[:, :height, :width].clamp(0, 1).mul(255).round().to(torch.uint8)
        return x.permute(1, 2, 0).contiguous().numpy()


def evaluate(job, folder):
    common.wait_for_start()
    codec = Codec(build(job["model"]))
    rows = []
    for photo in evaluation.find_photos(job["kodak"]):
        rows.append(evaluation.measure(codec, images.read(photo.path)))
        common.say(done=len(rows))
    mean = evaluation.average(rows)
    numbers = {key: mean[key] for key in ("bpp", "psnr", "ms_ssim")}
    return {"points": [{"lmbda": job["lmbda"], **numbers}]}


def main():
    torch.set_num_threads(1)
    job, folder = common.read_job()
    works = {"train": train, "evaluate": evaluate}
    common.write_json(folder / "result.json", works[job["work"]](job, folder))


if __name__ == "__main__":
    main()
