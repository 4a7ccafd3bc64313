"""What happened to one client in one world: its exchanges, its webhooks, how it ended. Facts only, no verdict."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from covermock.openapi import Contract

from ..statuses import is_success
from .entries import Entry, seconds_of

SUCCESS, FAILURE, EITHER = "success", "failure", "either"
ANY = ""  # kind of a task that only a webhook has told of
LONGEST_PACE = 5.0  # seconds between polls that are always enough
_DYING = 0.25  # seconds before its end in which a command may have stopped listening
POLLS_IN_A_STAGE = 12  # how often the documented pace looks at a stage of the gateway, which takes a minute


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a client was given: its keys, and the ids that it may start tasks from, by kind (none: any)."""

    keys: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended: with a `code`, by a `signal`, or not at all (`late`, `flooded`) until it was stopped.

    `at` is the real instant (Unix seconds), `left` how many processes it left behind, of which some `survived` us.
    """

    code: int | None = None
    signal: str = ""
    late: bool = False
    flooded: bool = False
    at: float = float("inf")
    seconds: float = 0.0
    left: int = 0
    survived: int = 0

    @property
    def stopped(self) -> bool:
        return self.late or self.flooded


@dataclass(frozen=True)
class Experience:
    """All that is known of one run. `ending` is None where the client is no command (a test, a part of a program).

    `job`: it was to start, wait and finish, nothing else; a test-suite may try out more. `expects` is how a job has
    to end, `or_else` the rule that it breaks where it doesn't; `pace` is the seconds that polls have to be apart.
    `files`: requests with a key for files of results, which are no part of the gateway.
    """

    contract: Contract
    exchanges: Sequence[Entry]
    callbacks: Sequence[Mapping[str, Any]] = ()
    given: Inputs = field(default_factory=Inputs)
    ending: Ending | None = None
    expects: str = SUCCESS
    or_else: str = "succeeds"
    pace: float = 0.0
    job: bool = True
    files: Sequence[Entry] = ()

    @cached_property
    def starts(self) -> list[Entry]:
        return [one for one in self.exchanges if one.starts]

    @cached_property
    def polls(self) -> list[Entry]:
        return [one for one in self.exchanges if one.polls]

    @cached_property
    def tasks(self) -> Mapping[str, str]:
        """Return the tasks that were started, with their kind: those a client can know of."""
        found = {one.fact("task.id"): one.kind for one in self.starts if one.fact("task.id")}
        for row in self.callbacks:
            kinds = {one.kind for one in self.starts if one.hook == row["url"]}
            found.setdefault(row["task"], kinds.pop() if len(kinds) == 1 else ANY)
        return found

    @cached_property
    def told(self) -> Mapping[str, float]:
        """Return when a client could know of each task first: by the answer to its start, or by its webhook."""
        found: dict[str, float] = {}
        for one in self.starts:
            if one.wire in {"", "drip"} and one.fact("task.id"):
                found.setdefault(one.fact("task.id"), one.answered_at)
        for row in self.callbacks:
            for attempt in row["attempts"]:
                at = seconds_of(attempt["at"])
                found[row["task"]] = min(found.get(row["task"], at), at)
        return found

    @property
    def blocked(self) -> list[Mapping[str, Any]]:
        """Return the webhooks that were not sent, since they may not go where they were to."""
        return [row for row in self.callbacks if row["state"] == "blocked" and row["attempts"]]

    @cached_property
    def polls_by_task(self) -> Mapping[tuple[str, str], list[Entry]]:
        """Return the polls by (kind, task id), in order."""
        found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for one in self.polls:
            found[one.kind, one.given_id].append(one)
        return found

    @property
    def attempts(self) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Yield (webhook, attempt) of all attempts that were made while the client lived; who answers lives."""
        for row in self.callbacks:
            for attempt in row["attempts"]:
                if attempt["status"] is not None or seconds_of(attempt["at"]) < self.end - _DYING:
                    yield row, attempt

    @property
    def end(self) -> float:
        """Return the real instant at which the client ended."""
        return self.ending.at if self.ending else float("inf")

    def terminal_state(self, poll: Entry) -> str:
        """Return the terminal state that the answer to a poll shows, or an empty text."""
        state = poll.fact("task.status")
        return state if state in self.contract.lifecycles[poll.kind].terminal else ""

    @property
    def seen_ends(self) -> set[str]:
        """Return the tasks whose end the client may have seen, by poll or webhook."""
        by_poll = {one.given_id for one in self.polls if one.wire in {"", "drip"} and self.terminal_state(one)}
        return by_poll | {row["task"] for row, attempt in self.attempts if is_success(attempt["status"])}

    @property
    def succeeded(self) -> bool:
        """Return True if every task that it knows of has succeeded before its eyes, and there was one at least."""
        fails = {kind: cycle.failure.name for kind, cycle in self.contract.lifecycles.items()}
        failed = {one.given_id for one in self.polls if self.terminal_state(one) == fails[one.kind]}
        seen = self.seen_ends & self.tasks.keys()
        wanted = set(self.tasks) if self.job else seen
        return bool(seen) and wanted <= seen and not failed & seen


def pace_of(stage_seconds: float, speed: float = 1.0) -> float:
    """Return the seconds that polls have to be apart in a world with such stages that runs so fast."""
    return min(LONGEST_PACE, stage_seconds / POLLS_IN_A_STAGE) / speed
