"""Contracts of other shapes: the file alone decides what the mock does."""

from pathlib import Path

import pytest
from covermock.openapi import GATEWAY, Contract, load
from support.remix import REMIX, ROOT, with_remix

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
