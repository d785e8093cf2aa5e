"""What the README shows is run."""

import re
from pathlib import Path

import pytest

from tfc_vae.cli.__main__ import VERBS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_first_code_block_runs_with_the_shipped_model(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    block = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    exec(block, {})
    size, shape = capsys.readouterr().out.split(" ", 1)
    assert 1000 < int(size) < 50_000
    assert shape.strip() == "(384, 576, 3)"


def test_every_command_shown_exists():
    shown = set(re.findall(r"^ +tfc-vae (\w+)", README, re.M))
    assert shown and shown <= set(VERBS)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)h][^)]*)\)", README))
def test_every_local_link_leads_somewhere(link):
    assert (ROOT / link).exists()
