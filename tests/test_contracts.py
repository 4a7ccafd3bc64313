"""Contracts of other shapes: the file alone decides what the mock does."""

from pathlib import Path

import pytest
from covermock.openapi import GATEWAY, Contract, Validator, load, parse, read_contract
from support.remix import REMIX, ROOT, with_remix
from support.renaming import renamed

TRANSCRIPTS = ROOT / "examples" / "contracts" / "transcripts.yaml"


@pytest.fixture(scope="module", params=[REMIX, TRANSCRIPTS], ids=["remix", "transcripts"])
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each of the two example contracts."""
    path: Path = request.param
    return load(path)


def test_the_remix_contract_is_the_gateway_with_two_more_operations() -> None:
    """The example stays what gateway.yaml says; `python tests/support/remix.py` writes it anew."""
    expected = with_remix(GATEWAY.read_text(encoding="utf-8"))

    assert expected == REMIX.read_text(encoding="utf-8")


def test_an_example_contract_says_where_its_tasks_are_polled(contract: Contract) -> None:
    """Each operation that starts tasks links to the one that shows them."""
    starts = {one.id for one in contract.operations if one.starts}

    assert starts == contract.polled_by.keys()


@pytest.mark.parametrize("path", [GATEWAY, REMIX, TRANSCRIPTS], ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", range(20))
def test_a_contract_under_other_names_is_a_contract(path: Path, seed: int) -> None:
    """It loads, its examples are true, and none of the old names that a contract is free to choose is left."""
    old = load(path)
    text, names = renamed(path.read_text(encoding="utf-8"), seed)
    new = read_contract(parse(text, f"{path.name} under other names"))

    assert [names.operations[one.id] for one in old.operations] == [one.id for one in new.operations]
    assert [names.path(one.path) for one in old.operations] == [one.path for one in new.operations]
    assert [names.clauses[name] for name in old.clauses] == list(new.clauses)
    for operation in new.operations:
        for status, response in operation.responses.items():
            for media in response.get("content", {}).values():
                validator = Validator(media["schema"], new.root)
                assert not [e for e in media["examples"].values() if validator.violations(e["value"])], status
