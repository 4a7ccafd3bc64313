"""Faults and anomalies as data: which requests they meet, and whether they fire. Chance is a hash of the seed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

Settings = Mapping[str, Any]
TAKES_NO_EFFECT = frozenset({"status", "reset", "empty"})


@dataclass(slots=True, eq=False)
class Fault:
    """One fault of a world: its settings as the control API got them, and how often it matched and fired.

    `tasks` counts, by task, the polls that an anomaly has met.
    """

    id: str
    settings: Settings
    matched: int = 0
    fired: int = 0
    tasks: dict[str, int] = field(default_factory=dict)

    @property
    def takes_effect(self) -> bool:
        """Tell whether the request does its work although its answer is spoiled; else it never reaches a handler."""
        default = TAKES_NO_EFFECT.isdisjoint(self.settings)
        return bool(self.settings.get("takes_effect", default))


def firing(
    faults: Iterable[Fault], operation: str, account: str, key: str, ids: Iterable[str], seed: int
) -> list[Fault]:
    """Return the faults that fire for this request, and count them."""
    who = {"operation": {operation}, "account": {account}, "key": {key}, "task": set(ids)}
    return [fault for fault in faults if _meets(fault, who) and _fires(fault, seed)]


def _meets(fault: Fault, who: Mapping[str, set[str]]) -> bool:
    match: Mapping[str, Any] = fault.settings.get("match", {})
    return all(who[name] & {*([wanted] if isinstance(wanted, str) else wanted)} for name, wanted in match.items())


def _fires(fault: Fault, seed: int) -> bool:
    settings = fault.settings
    if fault.fired >= settings.get("times", math.inf):
        return False
    fault.matched += 1
    if settings.get("nth", fault.matched) != fault.matched:
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
