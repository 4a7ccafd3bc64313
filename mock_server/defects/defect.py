"""What a defect is: one sentence of one clause that the mock breaks on purpose, and the few ways to break it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from covermock.openapi import Operation

from ..gateway.call import Call
from ..http.errors import Refusal
from ..http.messages import Answer, Request
from ..world.account import Account
from ..world.webhook import Delivery
from ..world.world import World

if TYPE_CHECKING:
    from .conditions import Condition
    from .gateway import DefectiveGateway

Document = dict[str, Any]
Owner = tuple[World, Account]
Precondition = Mapping[str, Any]
Check = Callable[[Call, Precondition], None]
Checks = tuple[tuple[Check, Precondition], ...]
Edit = Callable[[Document], None]
Recheck = Callable[[Operation, Checks], Checks]
Reown = Callable[["DefectiveGateway", Request, Owner | Refusal], Owner | Refusal]
See = Callable[["DefectiveGateway", Request], Request]
Spoil = Callable[["DefectiveGateway", Request, Answer], None]
Sent = Callable[[World, Delivery, Any], Any]
GROUPS = ("auth", "validation", "envelope", "not-found", "business", "lifecycle", "callbacks", "robustness")


class InapplicableError(Exception):
    """An operator that has nothing to work on in a contract."""


@dataclass(frozen=True)
class Defect:
    """A named deviation. `sentence` says what the mock does; `clause` and `level` say which sentence that breaks.

    `edit` changes a copy of the contract's document; `checks` changes the preconditions of an operation; `owner`
    decides anew whose key a request carries; `see` changes a request before it is answered, `spoil` its answer,
    `callback` the value that a webhook carries; `faults` stand in every world while it answers. It strikes where
    all of `conditions` hold.
    """

    clause: str
    level: str
    sentence: str
    name: str = ""
    group: str = ""
    edit: Edit | None = None
    checks: Recheck | None = None
    owner: Reown | None = None
    see: See | None = None
    spoil: Spoil | None = None
    callback: Sent | None = None
    faults: tuple[Mapping[str, Any], ...] = ()
    conditions: "tuple[Condition, ...]" = ()
