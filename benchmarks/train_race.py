"""Thirty minutes of training each: our `vr` and CompressAI's mbt2018_mean, on Kodak.

    python benchmarks/train_race.py --data PHOTOS --kodak KODAK

Both start from scratch, at the same time, on one processor and with one thread each,
and read the same crops in the same order, four a step. What each side compiles counts;
cutting the crops does not. Phases, each kept in --run, where the same command goes on:

    crops     of our data pipeline, for both
    search    CompressAI with each of --learning-rates, for --search-minutes
    race      ours, every rate in one model; CompressAI's model of lambda 0.0130
    rates     CompressAI's model has one rate: for three more lambdas it goes on from
              the one of the race, a fifth of the time each, in addition to the race
    kodak     bytes of real files, through each side's own entropy coder

The rates are an advantage for CompressAI: it trains 1.6 times as long in all. A race
that was interrupted begins again, on both sides. The first run makes
`.venv-compressai` (1.3 GB). Linux only.
"""

import signal
import sys

import race_common as common
from compare_compressai import PYTHON, install_compressai, machine
from race_options import LMBDA, parse
from race_report import compare, table
from race_workers import RaceError, Task, finish

from tfc_vae.evaluation.sweep import AVERAGE

MORE = 1 / 5  # of --minutes, for each further lambda
# The warm-up is in steps. Ours trains as `vr` was; CompressAI's example has none, and a
# long one, of 100 steps, did it no good; the last is for a model that goes on.
OUR_JOB = {"learning_rate": 1e-3, "warm_up": 200, "first_step": 0}
THEIR_JOB = {"lmbda": LMBDA, "warm_up": 10, "first_step": 0, "start": None}
AGAIN_WARM_UP = 20
OURS, THEIRS = "tfc_vae vr", "CompressAI mbt2018_mean"


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # nohup's shell ignores it
    args = parse(__doc__.splitlines()[0])
    try:
        install_compressai()
        document = {**describe(args), **race(args)}
    except RaceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted; the same command continues {args.run}", file=sys.stderr)
        return 130
    common.write_json(args.output, document)
    print(table(document))
    return 0


def race(args):
    """All phases; returns what was measured."""
    [crops] = finish([crops_task(args)], args.processors)
    rate, tried = search(args)
    ours = train_task(args, "race ours", tfc_vae_task, **OUR_JOB, minutes=args.minutes)
    their_job = {**THEIR_JOB, "learning_rate": rate, "minutes": args.minutes}
    theirs = train_task(args, "race CompressAI", compressai_task, **their_job)
    our_training, training = finish([ours, theirs], args.processors, together=True)
    check([our_training, training])
    models, added = further_rates(args, theirs, training)
    models[LMBDA] = theirs.folder
    our_points, their_points = on_kodak(args, ours.folder, models)
    return {
        "crops": crops,
        "ours": {
            "name": OURS,
            "learning_rate": OUR_JOB["learning_rate"],
            "training": our_training,
            "points": our_points,
        },
        "compressai": {
            "name": THEIRS,
            "learning_rate": rate,
            "learning_rate_search": tried,
            "training": {"lmbda": LMBDA, **training},
            "in_addition": added,
            "points": their_points,
        },
        **compare(our_points, their_points),
    }


def search(args):
    """CompressAI's best learning rate, and what each one reached."""
    if len(args.learning_rates) == 1:
        return args.learning_rates[0], []
    jobs = [
        {**THEIR_JOB, "learning_rate": rate, "minutes": args.search_minutes}
        for rate in args.learning_rates
    ]
    tasks = [
        train_task(args, f"search {job['learning_rate']:g}", compressai_task, **job)
        for job in jobs
    ]
    results = finish(tasks, args.processors)
    return best(args.learning_rates, results), told(jobs, "learning_rate", results)


def further_rates(args, theirs, training):
    """Trains --lambdas on from the race's model: ({lambda: folder}, what was done)."""
    go_on = {
        "warm_up": AGAIN_WARM_UP,
        "learning_rate": theirs.job["learning_rate"],
        "minutes": MORE * args.minutes,
        "first_step": training["steps"],  # crops that it has not seen, while there are
        "start": str(theirs.folder),
    }
    jobs = [{**go_on, "lmbda": lmbda} for lmbda in args.lambdas]
    tasks = [
        train_task(args, f"lambda {job['lmbda']:g}", compressai_task, **job)
        for job in jobs
    ]
    results = finish(tasks, args.processors)
    check(results)
    folders = {task.job["lmbda"]: task.folder for task in tasks}
    return folders, told(jobs, "lmbda", results)


def on_kodak(args, ours, models):
    """The points of both curves; ours: a folder; models: {lambda: folder}."""
    job = {"work": "evaluate", "kodak": str(args.kodak.resolve())}
    model = {"model": str(ours)}
    tasks = [tfc_vae_task(args, "Kodak ours", {**job, **model}, args.images)]
    for lmbda, folder in sorted(models.items()):
        more = {"model": str(folder), "lmbda": lmbda}
        name = f"Kodak lambda {lmbda:g}"
        tasks.append(compressai_task(args, name, {**job, **more}, args.images))
    results = [result["points"] for result in finish(tasks, args.processors)]
    return results[0], sum(results[1:], [])


def crops_task(args):
    job = {"work": "shard", "data": str(args.data.resolve()), "count": args.crops}
    return tfc_vae_task(args, "crops", job, args.crops)


def train_task(args, name, make, **job):
    path = str(crops_task(args).folder / "crops.npy")
    job = {"work": "train", "crops": path, **job}
    return make(args, name, job, 60 * job["minutes"])


def tfc_vae_task(args, name, job, total):
    return Task(name, sys.executable, "race_tfc_vae.py", place(args, name), job, total)


def compressai_task(args, name, job, total):
    folder = place(args, name)
    return Task(name, str(PYTHON), "race_compressai.py", folder, job, total)


def place(args, name):
    return args.run.resolve() / name.replace(" ", "-")


def told(jobs, key, results):
    """Each job's `key` and minutes beside its result."""
    pairs = zip(jobs, results, strict=True)
    return [{key: j[key], "minutes": j["minutes"], **result} for j, result in pairs]


def best(rates, results):
    """The learning rate with the least loss at the end; the only one untried."""
    if len(rates) == 1:
        return rates[0]
    pairs = zip(rates, results, strict=True)
    losses = {r: o["loss_of_last_tenth"] for r, o in pairs if not o["diverged"]}
    if not losses:
        raise RaceError(f"CompressAI diverged with each of --learning-rates {rates}")
    return min(losses, key=losses.get)


def check(results):
    if any(result["diverged"] for result in results):
        raise RaceError("a loss became NaN or infinite; see `lines` in --run")


def describe(args):
    tried, lmbdas = (
        " ".join(f"{value:g}" for value in values)
        for values in (args.learning_rates, args.lambdas)
    )
    return {
        "command": "python benchmarks/train_race.py --data PHOTOS --kodak KODAK "
        f"--minutes {args.minutes:g} --search-minutes {args.search_minutes:g} "
        f"--crops {args.crops} --learning-rates {tried} --lambdas {lmbdas}",
        "measures": "both trained from scratch, at the same time, one processor and "
        f"one thread each, the same crops in the same order; {AVERAGE}; "
        "bytes of real files",
        "machine": machine(),
        "images": args.images,
        "minutes": args.minutes,
        "batch": [common.BATCH, common.PATCH, common.PATCH, 3],
        "learning_rate": f"rises for {OUR_JOB['warm_up']} steps (CompressAI: "
        f"{THEIR_JOB['warm_up']}; where it goes on: {AGAIN_WARM_UP}), holds "
        f"until {common.HOLD:.0%} of the time, falls linearly to {common.FALL:.0%}",
    }


if __name__ == "__main__":
    sys.exit(main())
