"""The public functions that `mypy` checks say what they take and what they return."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tfc_vae"
CHECKED = [PACKAGE / "__init__.py"]
for _folder in ("coding", "container", "codec"):
    CHECKED += sorted((PACKAGE / _folder).rglob("*.py"))


def public_functions(body, within=""):
    """Yields (name, node) of functions and methods that others may call."""
    for node in body:
        special = node.name.startswith("__") if hasattr(node, "name") else False
        if getattr(node, "name", "_").startswith("_") and not special:
            continue
        if isinstance(node, ast.ClassDef):
            yield from public_functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield within + node.name, node


def unannotated(source):
    """What lacks a type in a file's public functions."""
    for name, node in public_functions(ast.parse(source).body):
        given = node.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        parameters += filter(None, (given.vararg, given.kwarg))
        for parameter in parameters:
            if not parameter.annotation and parameter.arg not in ("self", "cls"):
                yield f"{name}({parameter.arg})"
        if not node.returns and node.name not in ("__init__", "__post_init__"):
            yield f"{name} ->"


@pytest.mark.parametrize("path", CHECKED, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_public_function_is_annotated(path):
    assert list(unannotated(path.read_text())) == []


def test_what_lacks_a_type_is_found():
    source = "class A:\n  def f(self, a, *b, c: int = 1): ...\ndef _g(x): ..."
    assert list(unannotated(source)) == ["A.f(a)", "A.f(b)", "A.f ->"]


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").exists()  # hatchling takes the whole folder
