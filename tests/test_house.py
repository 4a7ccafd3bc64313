"""The house rules about size and docstrings, held by a test so that nobody has to argue."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"].values()


def below(folder: str, pattern: str) -> list[str]:
    """Return the files of a folder, as names below the root."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob(pattern))


MODULES = [name for folder in FOLDERS for name in below(folder, "*.py")]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> Iterator[Function]:
    """Yield every function of a module: methods and nested ones too."""
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))


def length(function: Function) -> int:
    """Return the number of lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body:
        return 0
    first = min([body[0], *getattr(body[0], "decorator_list", [])], key=lambda node: node.lineno)
    return (body[-1].end_lineno or 0) - first.lineno + 1


def long_functions(source: str, limit: int = 50) -> list[str]:
    """Return the functions over `limit` lines, each with its line and length."""
    return [f"{f.name}, line {f.lineno}: {length(f)} lines" for f in functions(source) if length(f) > limit]


def sprawl(lengths: list[int]) -> list[str]:
    """Return which of the two limits on the distribution of function lengths are broken."""
    within = sum(lines <= 25 for lines in lengths) / len(lengths)
    return [
        *([f"the median is {median(lengths)} lines, over 8"] if median(lengths) > 8 else []),
        *([f"{within:.0%} of the functions are within 25 lines, under 90 %"] if within < 0.9 else []),
    ]


def undocumented(source: str) -> list[str]:
    """Return the tests that have no docstring."""
    tests = (f for f in functions(source) if f.name.startswith("test_"))
    return [f"{test.name}, line {test.lineno}" for test in tests if not ast.get_docstring(test)]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_and_its_functions_stay_short(name: str) -> None:
    """A module has at most 300 lines, a function at most 50."""
    source = (ROOT / name).read_text(encoding="utf-8")
    lines = source.count("\n")

    assert [] == long_functions(source)
    assert lines <= 300


def test_most_functions_are_small() -> None:
    """Half of all functions have 8 lines or fewer, and nine in ten 25 or fewer."""
    sources = ((ROOT / name).read_text(encoding="utf-8") for name in MODULES)

    assert [] == sprawl([length(function) for source in sources for function in functions(source)])


@pytest.mark.parametrize("name", below("tests", "*.py"))
def test_every_test_says_what_it_holds(name: str) -> None:
    """Every test has a docstring."""
    assert [] == undocumented((ROOT / name).read_text(encoding="utf-8"))


def test_the_rules_find_what_breaks_them() -> None:
    """Each checker above fails on the smallest example that breaks its rule, and only on that."""
    lines = "\n".join(["    x = 1"] * 50)

    assert [] == long_functions(f'def f():\n    """Doc."""\n{lines}')
    assert ["f, line 1: 51 lines"] == long_functions(f"def f():\n{lines}\n    x = 2")
    assert ["g, line 2: 51 lines"] == long_functions(f"class C:\n async def g(self):\n{lines}\n    x = 2")[:1]
    assert [] == sprawl([8] * 9 + [50])
    assert ["the median is 9 lines, over 8"] == sprawl([9, 9, 1])
    assert ["80% of the functions are within 25 lines, under 90 %"] == sprawl([1] * 8 + [26] * 2)
    assert ["test_b, line 3"] == undocumented('def test_a():\n    "A."\ndef test_b(): ...\ndef c(): ...')
    assert 3 == length(next(functions("def f():\n    @g\n    def h():\n        return 1")))


def clients_that_keep_connections(source: str) -> list[str]:
    """Return the lines in which a module makes an HTTP client that nobody closes, and that keeps its connections."""
    made = [node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    calls = [ast.unparse(call) for call in made if isinstance(call, ast.Call)]
    return [text for text in calls if "Client(" in text and "max_keepalive_connections=0" not in text]


@pytest.mark.parametrize("name", [name for name in below("tests", "*.py") if "httpx" in (ROOT / name).read_text()])
def test_no_module_leaves_a_connection_open(name: str) -> None:
    """A client that lives as long as its module keeps no connection: it would be found open at the very end."""
    assert [] == clients_that_keep_connections((ROOT / name).read_text())
    assert clients_that_keep_connections("OPEN = httpx.Client(trust_env=False)")
