"""One trial: a drawn gateway, judged with the keys, sources and credits that the seed gives to the run."""

from dataclasses import dataclass
from random import Random
from typing import Any

from covermock.contract_tests import judge, settings_for
from covermock.contract_tests.servers.evidence import GatewayFinding

from .keys import KEYS
from .points import may_break, open_points, refuted, refuting
from .wire import Served

FAMILIES = {"open": open_points, "guesses": refuting}
_MEANS: tuple[dict[str, int], ...] = ({}, {}, {"max_credits": 60}, {"max_credits": 13}, {"max_credits": 0})
_ENDLESS = 4.0  # seconds of patience with tasks that never end
_TOLD = 0.3  # of all runs know a source whose tasks fail
Blame = tuple[str, str]


@dataclass(frozen=True)
class Trial:
    """What became of a gateway. `refuted` are the guesses that it refutes, `may_break` the sentences of those."""

    seed: int
    refuted: dict[str, Any]
    may_break: frozenset[Blame]
    findings: tuple[GatewayFinding, ...]
    held: frozenset[str]
    trouble: str
    requests: int
    seconds: float

    @property
    def alarms(self) -> list[GatewayFinding]:
        """Return what was blamed above its level, or under a clause that no refuted guess stands on."""
        return [one for one in self.findings if not self._is_explained(one)]

    def _is_explained(self, one: GatewayFinding) -> bool:
        """Return True for a refuted guess; and for a late answer, which tells how busy this machine is."""
        late = one.title.startswith("every answer comes within") or one.received.startswith("no answer")
        return late or (one.clause, one.level) in self.may_break

    @property
    def seen(self) -> set[Blame]:
        """Return the sentences that were blamed."""
        return {(one.clause, one.level) for one in self.findings}

    def __str__(self) -> str:
        """Return seed, deviations and alarms, as a failure shows them."""
        told = (
            f"{one.clause}:{one.level} {one.title}: {one.received} <- {one.story} {one.curl}" for one in self.alarms
        )
        return "\n".join([f"seed {self.seed} {self.refuted} {self.trouble}", *(text[:600] for text in told)])


def try_gateway(points: dict[str, Any], seed: int = 0, *, means: bool = True, **more: Any) -> Trial:
    """Judge a gateway with such points; with `means`, the seed draws what the run has."""
    chance = Random(f"means {seed}")  # noqa: S311 - no secret
    keys = KEYS if not means or chance.random() < 0.7 else {"main": KEYS["main"]}
    drawn = chance.choice(_MEANS) if means else {"max_credits": 60}
    with Served(points, seed) as served:
        audio = served.gateway.audio
        named: dict[str, Any] = {f"{name}_audio": audio[name] for name in ("short", "min", "max", "long")}
        named |= {"failing_audio": f"{audio['failing']}=30"} if chance.random() < _TOLD else {}
        named |= {"audio": f"{audio['plain']}=30", "music_task": tuple(served.gateway.music[: 1 + chance.randrange(2)])}
        pace = {
            "patience": _ENDLESS if points["endless"] else 40.0,
            "poll_interval": 0.04,
            "fail_on": "assumed",
            "seed": seed,
        }
        done = judge(settings_for(served.url, keys, {**named, **pace, **drawn, **more}))
    held = frozenset(one.clause.id for one in done.verdicts if one.times)
    deviations = {name: points[name] for name in refuted(points)}
    ledger, allowed = done.ledger, frozenset(may_break(points))
    return Trial(seed, deviations, allowed, done.findings, held, done.trouble, ledger.requests, ledger.seconds)


def try_seed(family: str, seed: int) -> Trial:
    """Judge the gateway of a seed."""
    return try_gateway(FAMILIES[family](seed), seed)
