"""The catalogue of defects: each makes the mock break exactly one sentence of one clause, to test tests with."""

from collections.abc import Mapping
from typing import Final

from covermock.openapi import Contract, InvalidSourceError, nearest

from ..gateway.gateway import Gateway, KeyLookup
from . import auth, business, callbacks, envelope, identity, lifecycle, robustness, validation
from .defect import GROUPS, Defect
from .gateway import DefectiveGateway, with_edit

_MODULES = (auth, validation, envelope, identity, business, lifecycle, callbacks, robustness)
DEFECTS: Final[Mapping[str, Defect]] = {defect.name: defect for module in _MODULES for defect in module.DEFECTS}


def gateway(name: str, contract: Contract, find_key: KeyLookup, public_url: str) -> Gateway:
    return DefectiveGateway(find_defect(name), contract, find_key, public_url)


def contract_with(name: str, contract: Contract) -> Contract:
    return with_edit(contract, find_defect(name))


def find_defect(name: str) -> Defect:
    """Return the defect of that name. Raises `InvalidSourceError` naming the nearest ones."""
    if name not in DEFECTS:
        raise InvalidSourceError(f"expected the name of a defect, received {name!r} ({nearest(name, DEFECTS)})")
    return DEFECTS[name]


__all__ = ["DEFECTS", "GROUPS", "Defect", "contract_with", "find_defect", "gateway"]
