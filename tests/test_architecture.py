"""Who may import whom, read from the imports themselves; and that the core of the mock stays pure."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
FOLDERS = [folder for package, folder in PACKAGES.items() if "." in package]  # `covermock` only holds the name
REEXPORTS = ("mock_server.app",)  # modules that only keep an import path working
COLLECTED = ("contract_tests.conftest", "contract_tests.test_contract")  # what pytest finds by its name
CORE = ("http", "world", "gateway", "history")
MODULES_IN_A_ROOM = 12
DRAWING = ROOT / "ARCHITECTURE.md"
FRAMEWORKS = {"flask", "werkzeug"}
CLOCKS_AND_CHANCE = {"time", "random", "secrets"}
OUTSIDE = {"socket", "asyncio", "threading", "redis", "httpx", "os"}
IMPURE = FRAMEWORKS | CLOCKS_AND_CHANCE | OUTSIDE

Arrows = Mapping[str, frozenset[str]]
"""What each place imports, by its name, from the highest floor down."""

Sources = Mapping[str, str]
"""The text of each module by its dotted name below covermock: `openapi.routes`, `openapi.__init__`."""


def drawn(text: str) -> dict[str, Arrows]:
    """Return the arrows of the page by folder, top first: those between folders under ""."""
    parts: dict[str, dict[str, frozenset[str]]] = {"": {}}
    folder = ""
    for indent, place, below in re.findall(r"^( *)([a-z_]+)(?:/|\.py) .*->(.*)$", text, re.MULTILINE):
        folder = folder if indent else place
        parts.setdefault(folder if indent else "", {})[place] = frozenset(below.split())
    return parts


ARROWS = drawn(DRAWING.read_text(encoding="utf-8"))


def read() -> Sources:
    """Read the modules that ship."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8") for path in paths}


def imports(module: str, source: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield (statement, absolute name) of each import, wherever it stands, TYPE_CHECKING blocks included.

    `from a import b` yields `a.b`, as `b` may be a module.
    """
    package = ["covermock", *module.split(".")[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            parts = [*base, *([node.module] if node.module else [])]
            yield from ((node, ".".join([*parts, alias.name])) for alias in node.names)


def trespasses(sources: Sources) -> list[str]:
    """Return each import that the table, or the rule of how to spell it, forbids."""
    return [
        f"{module}, line {node.lineno}: {name}: {fault}"
        for module, source in sources.items()
        for node, name in imports(module, source)
        if (fault := _fault(module.split(".")[0], node, name))
    ]


def _fault(folder: str, node: ast.stmt, name: str) -> str:
    top, target, *_ = [*name.split("."), ""]
    relative = isinstance(node, ast.ImportFrom) and node.level > 0
    if top in {*FOLDERS, "tests"}:
        return "folder X is imported as covermock.X, and tests not at all"
    if top != "covermock":
        return ""
    if target == folder:
        return "" if relative else "within a folder imports are relative"
    if relative:
        return "across folders imports are absolute"
    may = sorted(ARROWS[""][folder])
    return "" if target in may else f"{folder} may import {', '.join(may) or 'no folder'}"


def impurities(module: str, sources: Sources) -> list[str]:
    """Return the impure imports and clock readings of a module, and of our modules that it leads to."""
    paths = {module: module}
    found = []
    for here in (queue := [module]):
        for _, name in imports(here, sources[here]):
            if name.split(".")[0] in IMPURE:
                found.append(f"{paths[here]} imports {name}")
            if (there := _ours(name, sources)) and there not in paths:
                paths[there] = f"{paths[here]} > {there}"
                queue.append(there)
        found += [f"{paths[here]} reads the clock in line {line}" for line in _clock_readings(sources[here])]
    return found


def _ours(name: str, sources: Sources) -> str:
    """Return which of our modules `covermock.a.b` names: module `a.b`, or `b` in module or package `a`."""
    below = name.removeprefix("covermock.")
    above = below.rpartition(".")[0]
    candidates = (below, f"{below}.__init__", above, f"{above}.__init__") if below != name else ()
    return next((candidate for candidate in candidates if candidate in sources), "")


def _clock_readings(source: str) -> Iterator[int]:
    """Yield the lines that use `now`, `utcnow` or `today` of whatever was imported from datetime."""
    tree = ast.parse(source)
    dated = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if "datetime" in (alias.name, getattr(node, "module", ""))
    }
    for node in ast.walk(tree):
        reads = isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
        if reads and ast.unparse(node.value).split(".")[0] in dated:
            yield node.lineno


def test_the_drawing_shows_each_folder_that_ships() -> None:
    """No folder ships without a place in the drawing, and the drawing shows nothing else."""
    assert set(FOLDERS) == set(ARROWS[""])


def test_the_page_fits_a_screen() -> None:
    """Who opens it sees all of it."""
    assert len(DRAWING.read_text(encoding="utf-8").splitlines()) < 40


def test_folders_import_only_what_the_table_allows() -> None:
    """Imports follow the table, relative within a folder and absolute across."""
    assert [] == trespasses(read())


def rooms(folder: str, sources: Sources) -> dict[str, list[str]]:
    """Return the modules of a folder by their room; one beside the rooms is a room of its own."""
    found: dict[str, list[str]] = {}
    for module in sources:
        top, room, *_ = [*module.split("."), ""]
        if top == folder and module not in {f"{folder}.__init__", *REEXPORTS, *COLLECTED}:
            found.setdefault(room, []).append(module)
    return found


def arrows(folder: str, sources: Sources) -> Arrows:
    """Return which other rooms of the folder each of its rooms imports."""
    found: dict[str, set[str]] = {}
    for room, modules in rooms(folder, sources).items():
        named = (_ours(name, sources) for module in modules for _, name in imports(module, sources[module]))
        there = {name.split(".")[1] for name in named if name.startswith(f"{folder}.")}
        found[room] = there - {room, "__init__"}
    return {room: frozenset(below) for room, below in found.items()}


def folder_arrows(sources: Sources) -> Arrows:
    """Return which other folders each folder imports."""
    found: dict[str, set[str]] = {folder: set() for folder in FOLDERS}
    for module, source in sources.items():
        folder = module.split(".")[0]
        named = {name.split(".")[1] for _, name in imports(module, source) if name.startswith("covermock.")}
        found[folder] |= named & set(FOLDERS) - {folder}
    return {folder: frozenset(below) for folder, below in found.items()}


def test_the_folders_import_what_the_drawing_shows_and_nothing_else() -> None:
    """Drawing and imports are the same, both ways."""
    assert ARROWS[""] == folder_arrows(read())


@pytest.mark.parametrize("folder", [part for part in ARROWS if part])
def test_the_rooms_import_what_the_drawing_shows_and_nothing_else(folder: str) -> None:
    """Drawing and imports are the same, both ways; a room that was renamed or is gone fails, too."""
    assert ARROWS[folder] == arrows(folder, read())


@pytest.mark.parametrize("part", ARROWS)
def test_no_arrow_points_up(part: str) -> None:
    """Each place is drawn above all that it imports, so there is no circle."""
    order = list(ARROWS[part])

    assert [] == [
        (place, below) for place in order for below in ARROWS[part][place] if order.index(below) <= order.index(place)
    ]


def test_no_room_is_crowded() -> None:
    """A room, or a room in a room, holds a dozen modules at most."""
    names = [name for name in read() if name.startswith(tuple(f"{part}." for part in ARROWS if part))]
    sizes = Counter(name.rpartition(".")[0] for name in names if not name.endswith("__init__"))

    assert {} == {room: size for room, size in sizes.items() if size > MODULES_IN_A_ROOM}


@pytest.mark.parametrize("room", CORE)
def test_the_core_knows_no_framework_clock_chance_socket_or_database(room: str) -> None:
    """The core takes time and chance as arguments, and no module that it leads to is impure either."""
    sources = read()

    assert [] == [
        impurity for module in rooms("mock_server", sources)[room] for impurity in impurities(module, sources)
    ]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("openapi.routes", "from covermock.mock_server import App"),
        ("mock_server.app", "import covermock.fixtures"),
        ("mock_server.app", "from covermock import cli"),
        ("mock_server.app", "def f():\n    from covermock.unknown import x"),
        ("mock_server.app", "from ..openapi import Contract"),
        ("mock_server.app", "from covermock.mock_server.world.world import World"),
        ("mock_server.app", "import openapi"),
        ("fixtures.plugin", "if TYPE_CHECKING:\n    from covermock.cli import main"),
        ("cli.__init__", "from tests.conftest import x"),
    ],
)
def test_a_forbidden_import_is_found(module: str, line: str) -> None:
    """Each way to break the table is found, in functions and TYPE_CHECKING blocks too."""
    assert 1 == len(trespasses({module: line}))


def test_an_allowed_import_is_left_alone() -> None:
    """Other people's packages, siblings and the folders in the table are fine."""
    line = "import yaml\nfrom . import app\nfrom .worlds import World\nfrom covermock.openapi import Contract"

    assert [] == trespasses({"mock_server.server": line, "mock_server.__init__": line})


@pytest.mark.parametrize(
    "line",
    [
        *(f"import {name}" for name in sorted(IMPURE)),
        "from os.path import join",
        "if TYPE_CHECKING:\n    from flask import Request",
        "def f():\n    import random as r",
        "from datetime import datetime as d\nd.now()",
        "import datetime\nfield(default_factory=datetime.datetime.utcnow)",
        "from datetime import date\ndate.today()",
    ],
)
def test_impurity_is_found_through_any_chain_of_our_modules(line: str) -> None:
    """An impure line is found where it stands, and from every pure module that leads to it."""
    chain = {
        "mock_server.lifecycle": "from . import worlds",
        "mock_server.worlds": "from covermock.openapi import load",
        "openapi.__init__": "from .source import load",
        "openapi.source": line,
    }

    assert 1 == len(impurities("openapi.source", chain))
    for module, following in pairwise(chain):
        [found] = impurities(module, chain)
        assert found.startswith(f"{module} > {following}")


def test_dates_as_values_are_pure() -> None:
    """The core may know what a date is, and may have a `now` of its own."""
    line = "from datetime import datetime\ndatetime.fromisoformat(x)\nworld.now()\nx = datetime.max"

    assert [] == impurities("mock_server.clock", {"mock_server.clock": line})
