"""The judges read the contract: no name, state or refusal of any example contract stands in their Python.

Words of the dialect, of HTTP and of JSON, which a contract happens to use as well, are no names of it.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from covermock.openapi import GATEWAY, Contract, load

ROOT = Path(__file__).parents[1]
JUDGES = ROOT / "contract_tests"
CONTRACTS = [GATEWAY, *sorted((ROOT / "examples" / "contracts").glob("*.yaml"))]
# What means the same in each contract: the journal's columns, words of reports, and facts such as task.id.
COMMON = frozenset(
    [
        "audio",
        "body",
        "complete",
        "done",
        "code",
        "data",
        "error",
        "failed",
        "first",
        "id",
        "json",
        "key",
        "kind",
        "language",
        "message",
        "method",
        "path",
        "pending",
        "reason",
        "response",
        "result",
        "seed",
        "seconds",
        "state",
        "status",
        "style",
        "task",
        "text",
        "title",
        "type",
        "words",
    ]
)
PLACES = ("servers", "clients")
LIMIT = "MAX_"  # begins the names of constants that bound a run: their numbers are no statuses


def names_of(contract: Contract) -> set[str]:
    """Return what a contract is free to call otherwise: operations, paths, fields, states, clauses, kinds."""
    found = {one.id for one in contract.operations} | {one.path for one in contract.operations} | set(contract.clauses)
    for cycle in contract.lifecycles.values():
        found |= {cycle.name, *(state.name for state in cycle.states)}
    found |= set(_fields(contract.root)) | {
        one.name for operation in contract.operations for one in operation.parameters
    }
    found |= {row.type for row in contract.errors.values() if row.type}
    found |= {row["kind"] for one in contract.operations for row in one.raw.get("x-preconditions", ()) if "kind" in row}
    return found - COMMON


def _fields(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        properties = node.get("properties")
        yield from properties if isinstance(properties, Mapping) else ()
        for inner in node.values():
            yield from _fields(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _fields(inner)


def literals(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (line, value) of every literal in a module, but for its docstrings and limits."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    told |= {
        id(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith(LIMIT)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in told:
            yield node.lineno, node.value


def words(value: Any) -> set[str]:
    """Return the names that a literal may hold: itself, and its words without the marks around them."""
    if not isinstance(value, str):
        return set()
    return {value, *(word.strip("()[]{}'\",.:;`") for word in value.split())}


def impurities(path: Path, names: set[str], statuses: set[int]) -> list[str]:
    """Return where a module has a name or a refusal's status of the contract."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {value!r}"
        for line, value in literals(path)
        if words(value) & names or (isinstance(value, int) and not isinstance(value, bool) and value in statuses)
    ]


@pytest.mark.parametrize("contract", [load(path) for path in CONTRACTS], ids=[path.stem for path in CONTRACTS])
def test_the_judges_know_no_contract_by_name(contract: Contract) -> None:
    """Neither of them has an operation id, a path, a field, a state, a clause, or the status of a refusal."""
    names = names_of(contract)
    statuses = {row.status for row in contract.errors.values()} | {one.success for one in contract.operations} - {200}
    modules = [path for place in PLACES for path in sorted((JUDGES / place).rglob("*.py"))]

    assert [] == [found for path in modules for found in impurities(path, names, statuses)]


def test_a_name_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search sees a clause, a field and a status where they stand, and no docstring."""
    module = tmp_path / "judge.py"
    module.write_text('"""About C5."""\nfield, text, status = "taskId", "breaks (C5)", 402\n', encoding="utf-8")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)

    assert 3 == len(impurities(module, names_of(load(GATEWAY)), {402}))
