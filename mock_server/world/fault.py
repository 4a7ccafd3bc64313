"""Faults and anomalies as data: which requests they meet, and whether they fire. Chance is a hash of the seed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

Settings = Mapping[str, Any]
TAKES_NO_EFFECT = frozenset({"status", "reset", "empty"})


# What some words are about; all others are about every request.
_ABOUT: Mapping[str, str] = {
    "plan": "start",
    "stuck": "start",
    "callback": "start",
    "ids_repeated": "start",
    "not_found_at_first": "show",
    "status_flickers": "show",
    "media_late": "media",
}
WORDS = frozenset(
    {*_ABOUT, "status", "latency", "reset", "empty", "truncated", "malformed_json", "wrong_type", "drip"}
    | {"field_missing"}
)


@dataclass(slots=True, eq=False)
class Fault:
    """One fault of a world: its settings as the control API got them, and how often it matched and fired.

    `until` is the world instant at which it ends, or None; `tasks` counts, by task, the polls that an anomaly has met.
    """

    id: str
    settings: Settings
    matched: int = 0
    fired: int = 0
    until: float | None = None
    tasks: dict[str, int] = field(default_factory=dict)

    @property
    def takes_effect(self) -> bool:
        """Return True if the request does its work although its answer is spoiled; else it never reaches a handler."""
        default = TAKES_NO_EFFECT.isdisjoint(self.settings)
        return bool(self.settings.get("takes_effect", default))

    def concerns(self, kind: str) -> bool:
        """Return True if a request of this kind (start, show, media) is one that any of its words is about."""
        elsewhere = "" if kind == "media" else kind
        return any(_ABOUT.get(word, elsewhere) == kind for word in WORDS & self.settings.keys())

    def unfire(self) -> None:
        """Take back that it fired: there was nothing for it to do."""
        self.fired -= 1


class RequestTraits(NamedTuple):
    """A request as faults see it: its kind (start, show, media), who sent it, and every id that it is about."""

    kind: str
    operation: str
    account: str
    key: str
    ids: frozenset[str]
    now: float


def firing(faults: Iterable[Fault], met: RequestTraits, seed: int) -> list[Fault]:
    return [fault for fault in faults if meets(fault, met) and fires(fault, seed)]


def meets(fault: Fault, met: RequestTraits) -> bool:
    """Return True if the fault is about a request like this, now."""
    if not fault.concerns(met.kind) or (fault.until is not None and met.now >= fault.until):
        return False
    who = {"operation": {met.operation}, "account": {met.account}, "key": {met.key}, "task": met.ids}
    match: Mapping[str, Any] = fault.settings.get("match", {})
    return all(who[name] & {*([wanted] if isinstance(wanted, str) else wanted)} for name, wanted in match.items())


def fires(fault: Fault, seed: int) -> bool:
    """Return True if the fault acts on a request that it meets, and count both."""
    settings = fault.settings
    fault.matched += 1
    if fault.fired >= settings.get("times", math.inf) or settings.get("nth", fault.matched) != fault.matched:
        return False
    if chance(settings.get("seed", seed), fault.id, fault.matched) >= settings.get("probability", 1):
        return False
    fault.fired += 1
    return True


def chance(seed: int, name: str, count: int) -> float:
    """Return a number from 0 to below 1 that depends on its arguments only."""
    digest = blake2b(f"{seed}/{name}/{count}".encode(), digest_size=7).digest()
    return int.from_bytes(digest) / 2**56


def latency(settings: Settings, luck: float) -> float:
    """Return the seconds that a latency fault takes: fixed, uniform or exponential around a mean; `luck` draws."""
    if "uniform" in settings:
        low, high = sorted(settings["uniform"])
        return float(low + luck * (high - low))
    if "exponential" in settings:
        return float(-settings["exponential"] * math.log(1 - luck))
    return float(settings["seconds"])
