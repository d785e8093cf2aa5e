"""Starts the workers of train_race.py, side by side, and never leaves one behind."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from race_common import write_json
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
PAUSE = 0.5  # seconds between two looks at the workers
LINE_EVERY = 60.0  # seconds between lines where there is no terminal for bars
PATIENCE = 10.0  # seconds that a worker has to end when told to
SHOWN = 3000  # characters of a dead worker's standard error
ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
}


class RaceError(RuntimeError):
    """A worker died, or the run cannot go on."""


class Task(NamedTuple):
    name: str
    python: str  # the interpreter of its environment
    script: str  # a file beside this one
    folder: Path  # of job.json, result.json and whatever the worker leaves
    job: dict
    total: float  # of the bar: seconds to train, or how many things to do

    @property
    def result(self):
        """What the worker left; None if it has not finished, or did another job."""
        job, result = self.folder / "job.json", self.folder / "result.json"
        if not result.exists() or json.loads(job.read_text()) != self.job:
            return None
        return json.loads(result.read_text())


def finish(tasks, processors, together=False):
    """Runs those tasks that have no result yet; returns the results of all.

    As many at a time as there are processors, each on one of its own. together: they
    are one race, so if one has to run, all run again. Raises `RaceError`.
    """
    missing = [task for task in tasks if task.result is None]
    if together and missing:
        missing = tasks
    for first in range(0, len(missing), len(processors)):
        _run(missing[first : first + len(processors)], processors)
    return [task.result for task in tasks]


def _run(tasks, processors):
    with contextlib.ExitStack() as stack:
        workers = []
        for task, processor in zip(tasks, processors, strict=False):
            workers.append(Worker(task, processor))
            stack.callback(workers[-1].end)
        print("; ".join(task.name for task in tasks), flush=True)
        while not all(worker.line() for worker in workers):
            _look(workers)
        for worker in workers:
            worker.begin()
        bars = [_bar(stack, task, row) for row, task in enumerate(tasks)]
        told = time.monotonic()
        while not all([worker.done() for worker in workers]):
            _look(workers)
            for worker, bar in zip(workers, bars, strict=True):
                bar.n = worker.progress()
                bar.set_postfix_str(worker.text())
            if bars[0].disable and time.monotonic() > told + LINE_EVERY:
                told = time.monotonic()
                for worker in workers:
                    print(f"  {worker.task.name}: {worker.text()}", flush=True)


def _bar(stack, task, row):
    bar = tqdm(total=round(task.total), desc=task.name, position=row, disable=None)
    return stack.enter_context(bar)


def _look(workers):
    """Raises `RaceError` for a worker that died; else waits a little."""
    for worker in workers:
        worker.check()
    time.sleep(PAUSE)


class Worker:
    """A process, on one processor, with one thread."""

    def __init__(self, task, processor):
        self.task = task
        task.folder.mkdir(parents=True, exist_ok=True)
        (task.folder / "result.json").unlink(missing_ok=True)
        write_json(task.folder / "job.json", task.job)
        self.out, self.errors = task.folder / "lines", task.folder / "stderr"
        paths = [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        allowed = os.sched_getaffinity(0)
        with self.out.open("w") as out, self.errors.open("w") as errors:
            os.sched_setaffinity(0, {processor})  # inherited, before any thread exists
            try:
                self.process = subprocess.Popen(
                    [task.python, str(HERE / task.script), str(task.folder)],
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=errors,
                    env={
                        **os.environ,
                        **ONE_THREAD,
                        "PYTHONPATH": os.pathsep.join(paths),
                    },
                    start_new_session=True,  # Ctrl-C reaches us alone; `end` is for it
                )
            finally:
                os.sched_setaffinity(0, allowed)

    def line(self):
        """The newest whole line that the worker printed for us; None before any."""
        for text in reversed(self.out.read_text().split("\n")[:-1]):
            with contextlib.suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict):
                    return line
        return None

    def begin(self):
        with contextlib.suppress(BrokenPipeError):  # it died just now: `check` says so
            self.process.stdin.write(b"go\n")
            self.process.stdin.flush()

    def progress(self):
        line = self.line()
        return round(line.get("seconds", line.get("done", 0)))

    def text(self):
        line = {k: v for k, v in self.line().items() if k != "ready"}
        return ", ".join(f"{name} {value:.5g}" for name, value in line.items())

    def done(self):
        return self.process.poll() is not None

    def check(self):
        if self.process.poll() is None:
            return
        if self.process.returncode or self.task.result is None:
            said = self.errors.read_text(errors="replace")[-SHOWN:].strip()
            raise RaceError(
                f"the worker of {self.task.name} ended early (exit code "
                f"{self.process.returncode}), the last it said:\n{said}"
            )

    def end(self):
        """Ends the process if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
