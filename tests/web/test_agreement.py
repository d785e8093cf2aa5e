"""JavaScript refuses and reads exactly what Python does, file by file."""

import subprocess
from pathlib import Path

import pytest

from tests.golden import mutations, read

SCRIPT = Path(__file__).with_name("verdicts.mjs")
pytestmark = pytest.mark.web


@pytest.mark.parametrize("name", read.NAMES)
def test_javascript_refuses_and_reads_exactly_what_python_does(name, tmp_path):
    expected = mutations.write(tmp_path, read.load(name))
    files = sorted(map(str, tmp_path.iterdir()))
    command = ["node", str(SCRIPT), name, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == expected, done.stderr
