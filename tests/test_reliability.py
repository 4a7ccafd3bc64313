"""docs/reliability.md says what is true: each test that it names exists, and its limits are those of the code."""

import ast
import re
from pathlib import Path

import pytest
import sections

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", PAGE)))


def names_in(name: str) -> set[str]:
    """Return the names of the tests in a module."""
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("module", "test"), NAMED)
def test_each_test_that_is_named_exists(module: str, test: str) -> None:
    """A promise or an attack names the test that proves it, and that test is there."""
    assert not test or test in names_in(module)


def test_every_promise_and_every_attack_names_a_test() -> None:
    """No row of the promises goes without a test."""
    rows = [
        line
        for line in PAGE.partition("## Promises")[2].partition("## Limits")[0].splitlines()
        if line.startswith("| ")
    ]

    assert [] == [row for row in rows[2:] if "`tests/" not in row]


def test_the_limits_are_those_of_the_code() -> None:
    """Each limit stands there with its default, its unit and what happens beyond it, and no other does."""
    section = PAGE.partition("<!-- limits -->")[2].partition("<!-- /limits -->")[0].strip()

    assert sections.limits() == section, "run `python tools/sections.py` and commit docs/reliability.md"
