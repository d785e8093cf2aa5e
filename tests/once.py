"""What takes long and several tests need: made once per run, for all test processes.

folder = once(tmp_path_factory, "step", make)  # make(folder) runs in one process only
"""

import contextlib
import fcntl
import os
from pathlib import Path


def once(tmp_path_factory, name, make) -> Path:
    """Returns the folder `name` of this run, which `make(folder)` has filled.

    make: called by the first process that asks, while the others wait; if it fails, the
    next one tries again. What is in the folder is not to be changed.
    """
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent  # of the workers' folders: the run's
    folder = base / "once" / name
    folder.parent.mkdir(exist_ok=True)
    with locked(folder.with_name(f"{name}.lock")):
        if not folder.exists():
            draft = folder.with_name(f"{name}.draft")
            draft.mkdir()
            make(draft)
            draft.rename(folder)
    return folder


@contextlib.contextmanager
def locked(path):
    """Other processes wait while the block runs."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
