"""The scenarios of a client as data: the world, what goes wrong in it, and how a job has to end there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from covermock.openapi import Contract, nearest

from .experience import EITHER, FAILURE, SUCCESS

STAGE_SECONDS: Final = 0.5
MUSIC, AUDIO, KEY = "gen_5f0c81d2a97e", "aud_7b21d04c9e63", "aio_covermock_client"
_ODD = "+a&b=1#c%41 d"
_SOURCES: Final = {"task-known": MUSIC, "source-known": AUDIO}
_PLAIN: Final = {"music_tasks": {MUSIC: {}}, "audio": {AUDIO: {"seconds": 30}}}

# Words in faults that `faults_for` replaces: the operations by what they do, and durations that fit the time given.
STARTS, POLLS, SLOW, PAUSE = "@starts", "@polls", "@slow", "@pause"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that happens to a client. `world` and `faults` are what the control API takes.

    `or_else` is the rule that is broken where the end isn't as expected; `webhook`: only for those who use one;
    `job`: the client starts, waits and finishes; `sources`: what it may start tasks from, by x-precondition.
    """

    name: str
    about: str
    expects: str = SUCCESS
    world: Mapping[str, Any] = field(default_factory=lambda: _PLAIN)
    faults: tuple[Mapping[str, Any], ...] = ()
    or_else: str = "succeeds"
    webhook: bool = False
    drive: str = "time"
    sources: Mapping[str, str] = field(default_factory=lambda: _SOURCES)
    job: bool = True

    @property
    def long(self) -> bool:
        """Return True if it takes longer than a task does: it had better begin early."""
        text = repr((self.world, self.faults))
        return any(word in text for word in (SLOW, PAUSE, "stall"))


def _yielding(**yields: Any) -> Mapping[str, Any]:
    return {"music_tasks": {MUSIC: {"yields": yields}}, "audio": {AUDIO: {"seconds": 30, "yields": yields}}}


def _at(operations: str, **effect: Any) -> Mapping[str, Any]:
    return {"match": {"operation": operations}, **effect}


_ODD_WORLD: Final = {
    "music_tasks": {f"gen{_ODD}": {"yields": {"first": {"id": f"cover{_ODD}"}}}},
    "audio": {f"aud{_ODD}": {"seconds": 30, "yields": {"first": {"id": f"upl{_ODD}"}}}},
}
_REFUSING_WORLD: Final = {
    "music_tasks": {MUSIC: {}},
    "audio": {AUDIO: {"seconds": 5}},
    "tasks": {"cover_of_before": {"lifecycle": "cover", "state": "SUCCESS", "source": MUSIC}},
}
_UNAUTHORIZED: Final = {"code": 401, "type": "authentication_error", "message": "Invalid API key."}

SCENARIOS: Final = {
    row.name: row
    for row in (
        Scenario("happy", "Everything goes well."),
        Scenario(
            "every-state",
            "Each poll shows the next state: images: [] and one clip at first are among them.",
            drive="polls",
        ),
        Scenario(
            "odd-ids",
            "Ids have + & # % and a space in them.",
            world=_ODD_WORLD,
            sources={"task-known": f"gen{_ODD}", "source-known": f"aud{_ODD}"},
        ),
        Scenario("task-fails", "The task fails.", FAILURE, _yielding(outcome="failure")),
        Scenario("never-ends", "The task never ends.", FAILURE, _yielding(outcome="stall")),
        Scenario(
            "refused",
            "400: the music task has a cover already (C5), the audio is too short (U2).",
            FAILURE,
            _REFUSING_WORLD,
        ),
        Scenario("unauthorized", "401: the key is invalid (G3).", FAILURE, faults=({"status": _UNAUTHORIZED},)),
        Scenario(
            "key-revoked",
            "401 once the task runs: the key is no longer valid.",
            FAILURE,
            faults=(_at(POLLS, status=_UNAUTHORIZED),),
        ),
        Scenario(
            "no-credits",
            "402: the account has no credits (G6).",
            FAILURE,
            {**_PLAIN, "accounts": {"main": {"key": KEY, "credits": 0}}},
        ),
        Scenario("unknown-source", "404: there is no such music task or audio (C4, U3).", FAILURE, {}),
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
            faults=(_at(STARTS, status={"code": 500}, takes_effect=True, times=1),),
        ),
        Scenario(
            "start-unavailable",
            "The start is answered with 503.",
            EITHER,
            faults=(_at(STARTS, status={"code": 503}, times=1),),
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
            faults=(_at(STARTS, status={"code": 429, "retry_after": PAUSE}, times=1),),
        ),
        Scenario(
            "poll-breaks",
            "The first polls are answered with 500 and 502.",
            EITHER,
            faults=(_at(POLLS, status={"code": 500}, nth=1), _at(POLLS, status={"code": 502}, nth=2)),
        ),
        Scenario("poll-reset", "The connection is reset during a poll.", EITHER, faults=(_at(POLLS, reset={}, nth=1),)),
        Scenario(
            "poll-slow", "The answer to a poll is slow.", EITHER, faults=(_at(POLLS, latency={"seconds": SLOW}, nth=1),)
        ),
        Scenario(
            "poll-limited",
            "A poll is answered with 429 and Retry-After.",
            EITHER,
            faults=(_at(POLLS, status={"code": 429, "retry_after": PAUSE}, nth=1),),
        ),
        Scenario(
            "poll-unavailable",
            "A poll is answered with 503 and Retry-After.",
            EITHER,
            faults=(_at(POLLS, status={"code": 503, "retry_after": PAUSE}, nth=1),),
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

ONCE: Final = Scenario("run", "A happy world.", sources={}, job=False)


class UnknownScenarioError(ValueError):
    """A name that is no scenario's; the text says which could have been meant."""


def find_scenarios(names: str) -> list[Scenario]:
    """Return the scenarios that a list of names (or `all`) means. Raises `UnknownScenarioError`."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in {"all", *SCENARIOS}:
            raise UnknownScenarioError(
                f"expected the name of a scenario, received {name!r} ({nearest(name, SCENARIOS)})"
            )
    return [row for row in SCENARIOS.values() if row.name in wanted or "all" in wanted]


def faults_for(scenario: Scenario, contract: Contract, timeout: float) -> list[dict[str, Any]]:
    """Return the scenario's faults with their words replaced, for a client that has `timeout` seconds."""
    handlers = {STARTS: "start", POLLS: "show"}
    words: dict[str, Any] = {
        word: [o.id for o in contract.operations if o.handler == handler] for word, handler in handlers.items()
    }
    words |= {SLOW: min(11.0, timeout / 5), PAUSE: max(min(6, int(timeout / 8)), 1)}
    return [_replace(fault, words) for fault in scenario.faults]


def as_rows(scenarios: Iterable[Scenario]) -> list[dict[str, str]]:
    """Return the scenarios as JSON: their names, what they are about, what they expect."""
    return [{"name": row.name, "about": row.about, "expects": row.expects} for row in scenarios]


def _replace(node: Any, words: Mapping[str, Any]) -> Any:
    if isinstance(node, Mapping):
        return {name: _replace(inner, words) for name, inner in node.items()}
    return words.get(node, node) if isinstance(node, str) else node
