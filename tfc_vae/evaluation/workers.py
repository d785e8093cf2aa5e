"""Measures every entrant on every image, in worker processes, and can be continued.

A task is one image through one entrant at every quality that the journal does not know.
Its first call is not timed: it loads the networks and prepares them for this size. Each
result goes into the journal as soon as its task is done.
"""

import multiprocessing
import signal
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from tqdm import tqdm

from tfc_vae import images
from tfc_vae.evaluation.machine import digest
from tfc_vae.evaluation.memory import added_memory
from tfc_vae.evaluation.sweep import measure

_made = {}  # in a worker: the position of an entrant -> its codecs


def measure_all(entrants, photos, journal, conditions):
    """Returns the rows, entrant by entrant, quality by quality, image by image.

    A row is a measurement (`sweep.measure`) with "quality" and "image" besides.
    conditions: as `machine.conditions`; what was measured under others is not used.
    Raises `ImageError` where a codec cannot code an image, `ChildProcessError` where a
    worker died.
    """
    under = digest(conditions)
    keys = {
        (e, q, p): ["rate-distortion", photo.sha256, *entrant.key, quality, under]
        for e, entrant in enumerate(entrants)
        for q, quality in enumerate(entrant.qualities)
        for p, photo in enumerate(photos)
    }
    todo = {}  # (photo, entrant) -> qualities; in this order, so that all curves grow
    for (e, q, p), key in sorted(keys.items(), key=lambda item: item[0][::-1]):
        if journal.get(key) is None:
            todo.setdefault((p, e), []).append(q)
    done = len(keys) - sum(map(len, todo.values()))
    bar = tqdm(total=len(keys), initial=done, unit="file", disable=None)
    with bar:
        for (p, e), rows in _in_workers(entrants, photos, todo, conditions):
            for q, row in zip(todo[p, e], rows, strict=True):
                journal.add(keys[e, q, p], row)
                bar.update()
    return [
        {
            **journal.get(key),
            "codec": entrants[e].name,
            "quality": entrants[e].qualities[q],
            "image": photos[p].name,
        }
        for (e, q, p), key in keys.items()
    ]


def measure_memory(entrants, photos, journal, conditions):
    """Returns {name of an entrant: {"encode": bytes, "decode": bytes}}.

    On the largest image, each at its last quality; one process at a time.
    """
    photo = max(photos, key=lambda photo: photo.height * photo.width)
    found = {}
    with tqdm(entrants, unit="codec", desc="memory", disable=None) as bar:
        for entrant in bar:
            quality = entrant.qualities[-1]
            key = ["memory", photo.sha256, *entrant.key, quality, digest(conditions)]
            if journal.get(key) is None:
                image = _read(photo.path)
                with _explained_death():
                    memory = added_memory(entrant, image, conditions["threads"])
                journal.add(key, memory)
            found[entrant.name] = journal.get(key)
    return found


def _in_workers(entrants, photos, todo, conditions):
    """Yields (task, its rows) as tasks are done."""
    if not todo:
        return
    pool = ProcessPoolExecutor(
        min(conditions["jobs"], len(todo)),
        # Not forked: TensorFlow's and LiteRT's threads would not survive it.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
    )
    try:
        tasks = {}
        for (p, e), qualities in todo.items():
            work = (e, entrants[e], photos[p].path, qualities, conditions["threads"])
            tasks[pool.submit(_measure, *work)] = (p, e)
        with _explained_death():
            for future in as_completed(tasks):
                yield tasks[future], future.result()
    except BaseException:  # an interruption above all
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start():
    # Ctrl-C reaches every process of the terminal. The first one ends the workers: were
    # they to end themselves, it could take that for an accident.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _measure(position, entrant, path, qualities, threads):
    if position not in _made:
        _made[position] = entrant.make(threads)
    codecs = [_made[position][q] for q in qualities]
    image = _read(path)
    try:
        codecs[0].decompress(codecs[0].compress(image))  # warms up, not timed
        return [measure(codec, image) for codec in codecs]
    except (OSError, ValueError, RuntimeError) as error:
        raise images.ImageError(
            f"{path.name}: {entrant.name} cannot code it: {error}; --codecs chooses "
            "which codecs are compared"
        ) from error


def _read(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", images.ImageWarning)  # said by find_photos
        return images.read(path)


@contextmanager
def _explained_death():
    try:
        yield
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "a worker process died, perhaps for want of memory; the same command "
            "continues, and fewer --jobs take less memory"
        ) from error
