"""Runs the tests of the C loops on loops that watch themselves: `make test-c`.

A copy of the package in a temporary folder gets `_lanes.c` compiled with every warning
an error, and with the sanitizers of addresses and of undefined behaviour. They end the
process at their first report; before the tests, one that must be reported shows it.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("conftest.py", "once.py", "coding/test_loops.py", "coding/test_lanes.py")
FLAGS = "-O1 -g -fPIC -shared -Wall -Wextra -Werror -fno-omit-frame-pointer".split()
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# A place beyond the end of `out`: one value has room where two rows are asked for.
BEYOND = """
import numpy as np
from tfc_vae.coding import Tables, _lanes
one = np.array([1])
tables = Tables(1, one, one, np.array([[1, 1]]), np.array([True]))
state, none = np.array([1 << 15], np.uint32), np.empty(0, np.uint16)
rows, out = np.zeros(2**15, np.int16), np.empty(2**14, np.int16)
distributions = tables.skip, tables.entry_at, tables.value_at, tables.precision
_lanes.pop(state, none, none, rows, *distributions, out)
"""


def main():
    runtime = subprocess.run(
        ["cc", "-print-file-name=libasan.so"], capture_output=True, text=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
        shutil.copytree(ROOT / "tfc_vae", folder / "tfc_vae", ignore=ignored)
        for name in TESTS:
            (folder / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "tests" / name, folder / "tests" / name)
        shutil.copy(ROOT / "tests/coding/conftest.py", folder / "tests/coding")
        shutil.copy(ROOT / "pyproject.toml", folder)
        compile_into(folder / "tfc_vae" / "coding")
        env = {
            **os.environ,
            "LD_PRELOAD": runtime,
            "ASAN_OPTIONS": "detect_leaks=0",  # CPython keeps what it has until the end
            "PYTHONMALLOC": "malloc",  # its own pools would hide small arrays
        }
        run = [sys.executable, "-c", BEYOND]
        shown = subprocess.run(run, cwd=folder, env=env, capture_output=True, text=True)
        if "heap-buffer-overflow" not in shown.stderr:
            sys.exit(f"the sanitizer reports nothing: {shown.stderr}")
        run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
        return subprocess.run(run, cwd=folder, env=env).returncode


def compile_into(coding):
    """Builds `_lanes` beside its source."""
    built = coding / f"_lanes{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = f"-isystem{sysconfig.get_paths()['include']}"
    given = [*FLAGS, *SANITIZERS, include, coding / "_lanes.c", "-o", built]
    if subprocess.run(["cc", *given]).returncode:
        sys.exit("the C loops do not compile without a warning")


if __name__ == "__main__":
    if sys.platform != "linux" or not shutil.which("cc"):
        print("test-c: needs Linux and cc; the C loops are not tested", file=sys.stderr)
    else:
        sys.exit(main())
