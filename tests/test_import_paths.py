"""Every import path that README, docs and examples show works: other people's code rests on them."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.*")]
NAMED = re.compile(r"\bcovermock(?:\.[A-Za-z_][A-Za-z0-9_]*)+")
FILES = {"yaml", "svg", "md", "json"}  # covermock.yaml is a file's name


def shown() -> Iterator[tuple[str, str]]:
    """Yield (module, name or "") of each path that a page shows, in code or in its text."""
    for page in PAGES:
        if page.suffix == ".py":
            yield from _imported(page.read_text(encoding="utf-8"))
        elif page.suffix == ".md":
            text = page.read_text(encoding="utf-8")
            yield from _imported("\n".join(re.findall(r"^\s*(from covermock\S* import [\w, ]+)$", text, re.MULTILINE)))
            yield from ((path, "") for path in NAMED.findall(text) if path.rpartition(".")[2] not in FILES)


def _imported(code: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("covermock"):
            yield from ((node.module, alias.name) for alias in node.names)


def find(path: str) -> object:
    """Return what a dotted path names: a module, or what is in one."""
    module, names = path, list[str]()
    while True:
        try:
            found: object = import_module(module)
            break
        except ModuleNotFoundError as error:
            module, _, name = module.rpartition(".")
            if not module or not (error.name or "").startswith("covermock"):
                raise
            names.insert(0, name)
    for name in names:
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("path", sorted({f"{module}.{name}".rstrip(".") for module, name in shown()}))
def test_a_path_that_a_page_shows_can_be_imported(path: str) -> None:
    """What README, docs and examples import or name is there."""
    assert find(path) is not None


def test_a_path_that_is_gone_is_found() -> None:
    """A module that moved away without a trace is an error."""
    with pytest.raises((ImportError, AttributeError)):
        find("covermock.mock_server.application.create_app")
