"""What an operator is: a way to break any contract, and the places of a contract where it can."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from covermock.openapi import Contract

from .defect import Defect

Application = tuple[str, Mapping[str, Any]]
"""A defect's name, and the settings with which an operator makes it."""

Each = Callable[[Contract], Iterator[Application]]
Apply = Callable[..., Defect]


class Operator(NamedTuple):
    """`apply(contract, **settings)` makes a defect; `each(contract)` yields where the contract can be broken so."""

    group: str
    apply: Apply
    each: Each
    subtle: bool


OPERATORS: Final[dict[str, Operator]] = {}


def nowhere(_: Contract) -> Iterator[Application]:
    """Yield nothing: the operator makes only defects that have a name of their own."""
    yield from ()


def operator(group: str, each: Each = nowhere, *, subtle: bool = False) -> Callable[[Apply], Apply]:
    """Register a function as the operator of its name; a `subtle` one is part of the harder catalogue."""

    def register(apply: Apply) -> Apply:
        OPERATORS[apply.__name__.replace("_", "-")] = Operator(group, apply, each, subtle)
        return apply

    return register
