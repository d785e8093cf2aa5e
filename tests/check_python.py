"""Ends with one line where the tests cannot run: `python tests/check_python.py VENV`.

VENV: the interpreter of an environment that may be there already, and must fit, too.
"""

import platform
import subprocess
import sys
from pathlib import Path

FIT = ("3.10", "3.11")


def main(venv):
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    need = (
        f"the tests need Python {' or '.join(FIT)} on x86-64 Linux or macOS, because "
        "TensorFlow 2.14 and tensorflow-compression have no other wheels"
    )
    if here not in FIT or platform.machine() not in ("x86_64", "AMD64"):
        sys.exit(
            f"{need}; this is {here} on {platform.machine()}. "
            "Try `make test PYTHON=python3.11`"
        )
    if not Path(venv).exists():
        return
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([venv, "-c", script], capture_output=True, text=True)
    if done.stdout.strip() not in FIT:
        found = done.stdout.strip() or "broken"
        sys.exit(f"{need}; .venv is {found}. `make clean` removes it")


if __name__ == "__main__":
    main(sys.argv[1])
