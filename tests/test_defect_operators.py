"""Operators break any contract: what they apply to, whom they blame and what they change follows from the file."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from covermock.mock_server.defects import Catalogue
from covermock.mock_server.defects.operator import OPERATORS
from covermock.openapi import GATEWAY, Contract, load, parse, read_contract
from support.remix import REMIX, ROOT
from support.renaming import renamed
from support.story import tell

DEFECTS = ROOT / "mock_server" / "defects"
CONTRACTS = (REMIX, ROOT / "examples" / "contracts" / "transcripts.yaml")
DIALECT = (ROOT / "openapi" / "dialect.yaml").read_text(encoding="utf-8")


@cache
def story(spec: Path) -> list[Any]:
    """Return what a mock without a defect says."""
    return tell(spec)


@cache
def applications(spec: Path) -> Mapping[str, list[str]]:
    """Return the names of the generated defects by their operators."""
    found: dict[str, list[str]] = {}
    for name, row in Catalogue(load(spec)).rows.items():
        found.setdefault(row["operator"], []).append(name)
    return found


@pytest.mark.parametrize("spec", CONTRACTS, ids=lambda spec: spec.stem)
@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_an_operator_changes_what_a_client_sees(spec: Path, operator: str) -> None:
    """In a story of starts, polls and refusals something differs from the mock without a defect."""
    names = applications(spec).get(operator, [])
    sound = story(spec)

    assert [] == [name for name in names[:1] if sound == tell(spec, name)]


@pytest.mark.parametrize("seed", range(3))
def test_operators_know_no_name_of_the_contract(seed: int) -> None:
    """Under other names, drawn by chance, the same operators apply as often and blame the same sentences."""
    text, names = renamed(GATEWAY.read_text(encoding="utf-8"), seed)
    old, new = load(GATEWAY), read_contract(parse(text))

    assert blamed(old, names.clauses) == blamed(new, {name: name for name in new.clauses})


def blamed(contract: Contract, clauses: Mapping[str, str]) -> Counter[tuple[str, str, str]]:
    """Return how often each operator blames each clause at each level, on all that it applies to by itself."""
    found: Counter[tuple[str, str, str]] = Counter()
    for name, operator in OPERATORS.items():
        for _, settings in operator.each(contract):
            defect = operator.apply(contract, **settings)
            found[name, clauses[defect.clause], defect.level] += 1
    return found


def vocabulary() -> set[str | int]:
    """Return what gateway.yaml names: operations, paths, fields, states, clauses, errors of its own, their types."""
    contract = load(GATEWAY)
    states = {state.name for cycle in contract.lifecycles.values() for state in cycle.states}
    errors = {row["error"] for one in contract.operations for row in one.raw.get("x-preconditions", ())}
    types = {row.type for row in contract.errors.values()}
    fields = set(_fields(contract.root))
    statuses = {row.status for row in contract.errors.values() if row.status in {400, 402, 413}}
    paths = {one.path for one in contract.operations}
    words = {*contract.by_id, *paths, *fields, *states, *contract.clauses, *errors, *types}
    return {word for word in words if not re.search(rf"\b{re.escape(word)}\b", DIALECT)} | statuses


def _fields(node: Any) -> Iterator[str]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(node.get("properties"), dict):
        yield from node["properties"]
    for one in inner:
        yield from _fields(one)


def test_no_name_of_the_contract_stands_in_the_operators() -> None:
    """Names that people use stand in a table beside them; in Python there is none."""
    known = vocabulary()
    found = {
        (path.name, node.lineno, node.value)
        for path in DEFECTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int) and node.value in known
        if not isinstance(node.value, bool)
    }

    assert set() == found


def test_a_defect_that_would_change_nothing_is_none() -> None:
    """An error keeps its status, or its type, where the contract has just that one already."""
    other = Catalogue(load(CONTRACTS[1]))

    assert "invalid-params-422" in Catalogue(load(GATEWAY)).named
    assert "invalid-params-422" not in other.named
    assert other.contract.errors["invalid-params"].status == 422
