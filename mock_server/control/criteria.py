"""What exchanges are looked for by, and when the answer can't be known any more."""

from collections.abc import Mapping
from typing import Any

from ..http.errors import EVICTED, Refusal
from ..world.journal import FACTS, Criteria, Journal
from ..world.world import World
from .call import refuse_unknown


def read_criteria(world: World, given: Mapping[str, Any], where: str) -> Criteria:
    """Return the criteria among what was given. Raises `Refusal` for the name of something that doesn't exist."""
    known = {
        "operation": [operation.id for operation in world.contract.operations],
        "account": list(world.accounts),
        "error": list(world.contract.errors),
    }
    criteria = {name: given[name] for name in FACTS if given.get(name) is not None}
    for name in known.keys() & criteria.keys():
        refuse_unknown(f"{where}.{name}", criteria[name], known[name])
    return criteria


def refuse_evicted(journal: Journal, since: int) -> None:
    """Refuse an answer that entries which are gone could change."""
    if journal.evicted > since:
        raise Refusal(EVICTED, expected=journal.evicted, received=since)
