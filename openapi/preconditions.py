"""The words of x-preconditions: names, settings and order. What each means in a run is the mock's and the judge's."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .names import nearest

Rule = Mapping[str, Any]
TASK_KNOWN: Final = "task-known"
TASK_SUCCEEDED: Final = "task-succeeded"
SOURCE_KNOWN: Final = "source-known"
SOURCE_WITHIN: Final = "source-within"
SOURCE_UNUSED: Final = "source-unused"
AFFORDABLE: Final = "affordable"
_FINDS: Final = (TASK_KNOWN, SOURCE_KNOWN)
# By name: the settings that a row needs, those that it may have, and the rows of which one has to stand before it.
_WORDS: Final[Mapping[str, tuple[frozenset[str], frozenset[str], tuple[str, ...]]]] = {
    TASK_KNOWN: (frozenset({"lifecycle", "id"}), frozenset({"started_by"}), ()),
    TASK_SUCCEEDED: (frozenset(), frozenset(), (TASK_KNOWN,)),
    SOURCE_KNOWN: (frozenset({"kind", "id"}), frozenset(), ()),
    SOURCE_WITHIN: (frozenset({"of", "min", "max"}), frozenset({"inclusive"}), (SOURCE_KNOWN,)),
    SOURCE_UNUSED: (frozenset(), frozenset(), _FINDS),
    AFFORDABLE: (frozenset(), frozenset(), ()),
}


def complaint(rules: Sequence[Rule]) -> str | None:
    """Say what is wrong with an operation's x-preconditions, or None: names, settings and order are checked."""
    seen: set[str] = set()
    for rule in rules:
        name = rule["check"]
        if name not in _WORDS:
            return f"expected a known check, received {name!r} ({nearest(name, _WORDS)})"
        needed, may, after = _WORDS[name]
        settings = rule.keys() - {"check", "error"}
        if not needed <= settings <= needed | may:
            odd = sorted((settings ^ needed) - (settings & may))
            return f"{name}: expected the settings {sorted(needed | may)}, received a difference in {odd}"
        if after and seen.isdisjoint(after):
            return f"{name}: expected {' or '.join(after)} before it, received none; add it, since it finds the id"
        if "min" in rule and rule["min"] > rule["max"]:
            return f"{name}: expected a max of {rule['min']} or more, which is its min, received {rule['max']}"
        seen.add(name)
    return None
