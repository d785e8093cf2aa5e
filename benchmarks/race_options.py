"""The options of train_race.py, and what can be wrong with them."""

import argparse
import json
import os
import platform
from pathlib import Path

import race_common as common

from tfc_vae import evaluation, images

HERE = Path(__file__).resolve().parent
RATES = (1e-4, 3e-4, 1e-3)  # the first is that of CompressAI's example
LMBDA = 0.0130  # of its model that runs the race
MORE_LMBDAS = (0.0035, 0.0067, 0.0250)  # the neighbours, as its models have them
SEARCH = 1 / 6  # of --minutes, unless told


def parse(description):
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--data", required=True, type=Path, help="folder of photos to train on")
    add("--kodak", required=True, type=Path, help="folder of images to evaluate on")
    add("--minutes", type=float, default=30, help="of the race (default: 30)")
    add("--crops", type=int, default=8000, help="to train on (default: 8000)")
    add(
        "--learning-rates",
        type=float,
        nargs="+",
        default=RATES,
        metavar="X",
        help="to try for CompressAI; of one nothing is tried (default: %(default)s)",
    )
    add(
        "--lambdas",
        type=float,
        nargs="+",
        default=MORE_LMBDAS,
        metavar="X",
        help="of CompressAI's further models; should give PSNRs that ours has, too "
        "(default: %(default)s)",
    )
    add("--search-minutes", type=float, help="for each (default: a sixth of --minutes)")
    add("--processors", type=int, nargs=2, metavar=("A", "B"), help="ours, theirs")
    add("--run", type=Path, default=HERE.parent / "runs" / "race", help="is continued")
    add("--output", type=Path, default=HERE / "train_race.json")
    args = parser.parse_args()
    if args.search_minutes is None:
        args.search_minutes = SEARCH * args.minutes
    if problem := wrong(args):
        parser.error(problem)
    return args


def wrong(args):
    """What is wrong with the arguments, or None; fills in the processors."""
    if not hasattr(os, "sched_setaffinity"):
        return f"{platform.system()} cannot give a process one processor; Linux can"
    for name in ("minutes", "search_minutes"):
        if not 0 < getattr(args, name) <= 24 * 60:
            option = "--" + name.replace("_", "-")
            return f"{option}: {getattr(args, name)}; expected 0 to 1440, above 0"
    if args.crops < common.BATCH:
        return f"--crops: {args.crops}; expected {common.BATCH} or more"
    if not all(0 < rate < 1 for rate in args.learning_rates):
        return f"--learning-rates: {args.learning_rates}; expected numbers of 0 to 1"
    if not all(0 < lmbda != LMBDA for lmbda in args.lambdas):
        return f"--lambdas: {args.lambdas}; expected numbers above 0, not {LMBDA}"
    if not args.data.is_dir():
        return f"--data: {args.data} is no folder; expected one with photos"
    allowed = sorted(os.sched_getaffinity(0))
    args.processors = args.processors or allowed[:2]
    if len(set(args.processors)) != 2 or not set(args.processors) <= set(allowed):
        return f"--processors: {args.processors}; expected two different of {allowed}"
    try:
        args.images = len(evaluation.find_photos(args.kodak))
    except (images.ImageError, OSError) as error:
        return f"--kodak: {error}"
    return other_run(args.run, settings(args))


def settings(args):
    """What must not change while a run is continued."""
    return {
        "data": str(args.data.resolve()),
        "kodak": str(args.kodak.resolve()),
        "minutes": args.minutes,
        "search_minutes": args.search_minutes,
        "crops": args.crops,
        "learning_rates": list(args.learning_rates),
    }


def other_run(folder, wanted):
    """What differs from the run in the folder, or None; makes a new run."""
    path = folder / "settings.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        common.write_json(path, wanted)
        return None
    found = json.loads(path.read_text())
    if changed := [name for name in wanted if found.get(name) != wanted[name]]:
        return f"--run: {folder} holds a run with other {', '.join(changed)}"
    return None
