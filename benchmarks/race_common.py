"""What both sides of train_race.py obey: crops, learning rate, clock, messages.

NumPy only, because the two sides live in environments of their own. A worker is started
as `python race_x.py FOLDER`. FOLDER/job.json says what to do. It prints JSON lines: one
when it is ready, then one every few seconds; it starts when it reads a line. At the end
it leaves FOLDER/result.json, whole or not at all. It ends by itself when the process
that started it is gone.
"""

import functools
import json
import math
import os
import random
import sys
import time
from pathlib import Path

import numpy as np

BATCH = 4  # crops per step, as the preset `vr` is trained
PATCH = 192  # crop height and width, pixels
SEED = 0
HOLD = 0.5  # share of the time, then the learning rate falls
FALL = 0.02  # last learning rate over the highest: 1e-3 falls to 2e-5
REPORT = 2.0  # seconds between two lines
PARENT = os.getppid()


def rate_at(share, step, peak, warm_up):
    """The learning rate after a share of the time: rises, holds, falls linearly.

    warm_up: steps until the peak. Steps, as Adam's moments are rough that long.
    """
    rise = min(1.0, (step + 1) / warm_up)
    fall = min(max((share - HOLD) / (1 - HOLD), 0.0), 1.0)
    return rise * peak * (1 + fall * (FALL - 1))


def order(count, step):
    """Numbers of the crops of a step, (BATCH,): the same for whoever asks.

    Each round through the `count` crops has a shuffle of its own; what is left at its
    end and fills no batch is left out.
    """
    turn, place = divmod(step, count // BATCH)
    return _shuffled(count, turn)[place * BATCH : (place + 1) * BATCH]


@functools.lru_cache(2)
def _shuffled(count, turn):
    # Python's generator: the two environments may have two versions of NumPy.
    numbers = list(range(count))
    random.Random(f"{SEED} {turn}").shuffle(numbers)
    return np.array(numbers)


def train(step, job):
    """Calls `step(crops, rate) -> loss` until the time of the job is up.

    crops: uint8 (BATCH, PATCH, PATCH, 3). The clock starts with the start signal, so
    whatever a side compiles in its first step is part of its time. Returns what was
    done; "diverged" where a loss was no number, which ends the training.
    """
    crops = np.load(job["crops"], mmap_mode="r")
    limit = 60 * job["minutes"]
    wait_for_start()
    start, busy = time.perf_counter(), time.process_time()
    losses, elapsed, told = [], 0.0, 0.0
    while elapsed < limit:
        batch = crops[order(len(crops), job["first_step"] + len(losses))]
        rate = rate_at(
            elapsed / limit, len(losses), job["learning_rate"], job["warm_up"]
        )
        loss = float(step(batch, rate))
        elapsed = time.perf_counter() - start
        losses.append((elapsed, loss))
        if not math.isfinite(loss):
            break
        if elapsed > told + REPORT:
            told = elapsed
            recent = [value for _, value in losses[-20:]]
            say(seconds=elapsed, steps=len(losses), loss=sum(recent) / len(recent))
    end = [loss for when, loss in losses if when > 0.9 * elapsed]
    diverged = not math.isfinite(losses[-1][1])
    return {
        "steps": len(losses),
        "seconds": elapsed,
        "processor_seconds": time.process_time() - busy,
        "crops_seen": BATCH * len(losses),
        "rounds": BATCH * len(losses) / len(crops),
        "diverged": diverged,
        "loss_of_last_tenth": None if diverged else sum(end) / len(end),
    }


def read_job():
    """The job of this worker: (options, folder)."""
    folder = Path(sys.argv[1])
    return json.loads((folder / "job.json").read_text()), folder


def wait_for_start():
    """Says that the worker is ready; returns when it may begin."""
    say(ready=True)
    if not sys.stdin.readline():
        raise SystemExit("the race was called off before it began")


def say(**line):
    """Prints one line for the process that started this one; ends if that is gone."""
    if os.getppid() != PARENT:
        raise SystemExit("the process that started this worker is gone")
    print(json.dumps(line), flush=True)


def write_json(path, document):
    """Writes a file whole or not at all."""
    new = Path(f"{path}.new")
    new.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    new.replace(path)
