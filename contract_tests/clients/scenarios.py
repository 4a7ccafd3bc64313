"""The scenarios of a client as data: the world, what goes wrong in it, and how a job has to end there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from covermock.openapi import Contract, nearest

from ..statuses import BAD_GATEWAY, CRASHED, LIMITED, UNAUTHORIZED, UNAVAILABLE
from .experience import EITHER, FAILURE, SUCCESS
from .worlds import can_refuse

STAGE_SECONDS: Final = 0.5

# Words in faults that `faults_for` replaces: the operations by what they do, and durations that fit the time given.
STARTS, POLLS, SLOW, PAUSE, WRONG_KEY = "@starts", "@polls", "@slow", "@pause", "@wrong-key"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that happens to a client. `world` is a word of `worlds`, `faults` are what the control API takes.

    `or_else` is the rule that is broken where the end isn't as expected; `webhook`: only for those who use one;
    `job`: the client starts, waits and finishes.
    """

    name: str
    about: str
    expects: str = SUCCESS
    world: str = "plain"
    faults: tuple[Mapping[str, Any], ...] = ()
    or_else: str = "succeeds"
    webhook: bool = False
    drive: str = "time"
    job: bool = True

    @property
    def long(self) -> bool:
        """Return True if it takes longer than a task does: it had better begin early."""
        text = repr((self.world, self.faults))
        return any(word in text for word in (SLOW, PAUSE, "stall"))


def _at(operations: str, **effect: Any) -> Mapping[str, Any]:
    return {"match": {"operation": operations}, **effect}


SCENARIOS: Final = {
    row.name: row
    for row in (
        Scenario("happy", "Everything goes well."),
        Scenario(
            "every-state",
            "Each poll shows the next state; some of them have no results yet, or not all.",
            drive="polls",
        ),
        Scenario(
            "odd-ids",
            "Ids have + & # % and a space in them.",
            world="odd",
        ),
        Scenario("task-fails", "The task fails.", FAILURE, faults=(_at(STARTS, plan={"outcome": "failure"}),)),
        Scenario("never-ends", "The task never ends.", FAILURE, faults=(_at(STARTS, plan={"outcome": "stall"}),)),
        Scenario(
            "refused",
            "Refused: what the task is to be started from is out of its range, or used already.",
            FAILURE,
            "refusing",
        ),
        Scenario("unauthorized", "401: the key is invalid.", FAILURE, faults=({"status": WRONG_KEY},)),
        Scenario(
            "key-revoked",
            "401 once the task runs: the key is no longer valid.",
            FAILURE,
            faults=(_at(POLLS, status=WRONG_KEY),),
        ),
        Scenario(
            "no-credits",
            "Refused: the account has no credits.",
            FAILURE,
            "poor",
        ),
        Scenario(
            "unknown-source", "Not found: nothing has the id that the task is to be started from.", FAILURE, "empty"
        ),
        Scenario(
            "slow-start",
            "The answer to the start is slow.",
            EITHER,
            faults=(_at(STARTS, latency={"seconds": SLOW}, times=1),),
        ),
        Scenario(
            "start-breaks",
            "The start is answered with 500, but took effect.",
            EITHER,
            faults=(_at(STARTS, status={"code": CRASHED}, takes_effect=True, times=1),),
        ),
        Scenario(
            "start-unavailable",
            "The start is answered with 503.",
            EITHER,
            faults=(_at(STARTS, status={"code": UNAVAILABLE}, times=1),),
        ),
        Scenario(
            "start-reset",
            "The connection is reset during the start, which took effect.",
            EITHER,
            faults=(_at(STARTS, reset={}, takes_effect=True, times=1),),
        ),
        Scenario(
            "start-limited",
            "The start is answered with 429 and Retry-After.",
            EITHER,
            faults=(_at(STARTS, status={"code": LIMITED, "retry_after": PAUSE}, times=1),),
        ),
        Scenario(
            "poll-breaks",
            "The first polls are answered with 500 and 502.",
            EITHER,
            faults=(_at(POLLS, status={"code": CRASHED}, nth=1), _at(POLLS, status={"code": BAD_GATEWAY}, nth=2)),
        ),
        Scenario("poll-reset", "The connection is reset during a poll.", EITHER, faults=(_at(POLLS, reset={}, nth=1),)),
        Scenario(
            "poll-slow", "The answer to a poll is slow.", EITHER, faults=(_at(POLLS, latency={"seconds": SLOW}, nth=1),)
        ),
        Scenario(
            "poll-limited",
            "A poll is answered with 429 and Retry-After.",
            EITHER,
            faults=(_at(POLLS, status={"code": LIMITED, "retry_after": PAUSE}, nth=1),),
        ),
        Scenario(
            "poll-unavailable",
            "A poll is answered with 503 and Retry-After.",
            EITHER,
            faults=(_at(POLLS, status={"code": UNAVAILABLE, "retry_after": PAUSE}, nth=1),),
        ),
        Scenario(
            "webhook-lost",
            "The webhook never comes.",
            faults=(_at(STARTS, callback={"mode": "lost"}),),
            or_else="falls-back",
            webhook=True,
        ),
        Scenario(
            "webhook-twice",
            "The webhook comes twice.",
            faults=(_at(STARTS, callback={"mode": "duplicated"}),),
            webhook=True,
        ),
    )
}

ONCE: Final = Scenario("run", "A happy world.", job=False)


class UnknownScenarioError(ValueError):
    """A name that is no scenario's; the text says which could have been meant."""


def find_scenarios(names: str, contract: Contract) -> list[Scenario]:
    """Return the scenarios that a list of names means; `all` are those that this contract can have.

    Raises `UnknownScenarioError`.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in {"all", *SCENARIOS}:
            raise UnknownScenarioError(
                f"expected the name of a scenario, received {name!r} ({nearest(name, SCENARIOS)})"
            )
    possible = scenarios_of(contract)
    for name in wanted:
        if name != "all" and SCENARIOS[name] not in possible:
            names_ = ", ".join(one.name for one in possible)
            raise UnknownScenarioError(f"expected a scenario that the contract has ({names_}), received {name!r}")
    return [row for row in possible if row.name in wanted or "all" in wanted]


def scenarios_of(contract: Contract) -> list[Scenario]:
    """Return the scenarios that can come to pass under a contract."""
    hooked = any(one.callback for one in contract.operations)
    return [one for one in SCENARIOS.values() if can_refuse(contract, one.world) and (hooked or not one.webhook)]


def faults_for(scenario: Scenario, contract: Contract, timeout: float) -> list[dict[str, Any]]:
    """Return the scenario's faults with their words replaced, for a client that has `timeout` seconds."""
    row = contract.errors.get("invalid-key")
    refusal = {"code": row.status if row else UNAUTHORIZED, "message": "Invalid API key."}
    words: dict[str, Any] = {
        STARTS: [one.id for one in contract.operations if one.starts],
        POLLS: [one.id for one in contract.operations if one.polls],
        SLOW: min(11.0, timeout / 5),
        PAUSE: max(min(6, int(timeout / 8)), 1),
        WRONG_KEY: refusal | ({"type": row.type} if row and row.type else {}),
    }
    return [_replace(fault, words) for fault in scenario.faults]


def as_rows(scenarios: Iterable[Scenario]) -> list[dict[str, str]]:
    """Return the scenarios as JSON: their names, what they are about, what they expect."""
    return [{"name": row.name, "about": row.about, "expects": row.expects} for row in scenarios]


def _replace(node: Any, words: Mapping[str, Any]) -> Any:
    if isinstance(node, Mapping):
        return {name: _replace(inner, words) for name, inner in node.items()}
    return words.get(node, node) if isinstance(node, str) else node
