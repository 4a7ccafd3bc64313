"""When a defect strikes: by chance, at the second task, in one state, with one field or kind of text, at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from covermock.openapi import Contract, Operation

from ..http.messages import Request
from ..world.account import Account
from ..world.fault import chance
from ..world.task import Task, at, own_time
from ..world.world import World
from .fields import body_fields

AT_ONCE = 0.1  # seconds between two requests that come at once
LONG = 1000  # characters of a long text


@dataclass(frozen=True, slots=True)
class Moment:
    """A request (or a webhook) and all that a condition may look at; `memory` is what the gateway remembers."""

    memory: dict[Any, Any]
    operation: Operation | None
    request: Request
    body: Mapping[str, Any]
    wall: float
    world: World | None
    account: Account | None
    task: Task | None

    @property
    def texts(self) -> list[str]:
        return [value for value in self.body.values() if isinstance(value, str)]

    @property
    def state(self) -> str:
        """Return the state in which the answer will show the task that the request is about."""
        if self.world is None or self.task is None:
            return ""
        moves = self.operation is not None and self.operation.polls
        seen = replace(self.task, polls=self.task.polls + moves)
        return at(seen, own_time(seen, self.world.clock, self.world.clock.now(self.wall)))


@dataclass(frozen=True, slots=True)
class Condition:
    """A name, the words that end a defect's sentence, and the fact that must hold."""

    name: str
    words: str
    met: Callable[[Moment], bool]


def holds(conditions: Iterable[Condition], moment: Moment) -> bool:
    """Return True if all hold. Each is asked, as some of them count."""
    met = [condition.met(moment) for condition in conditions]
    return all(met)


def _one_in(count: int) -> Condition:
    def met(moment: Moment) -> bool:
        moment.memory["asked"] = moment.memory.get("asked", 0) + 1
        seed = moment.world.seed if moment.world else 0
        return chance(seed, "defect", moment.memory["asked"]) < 1 / count

    return Condition(f"one-in-{count}", f"one time in {count}, by chance", met)


def _number(moment: Moment) -> int:
    """Return which of the tasks that the same operation started the request is about: the one to come, or its own."""
    if moment.world is None or moment.operation is None:
        return 0
    kin = [one for one in moment.world.tasks.values() if one.source and one.started_by in _starters(moment)]
    return len(kin) + 1 if moment.operation.starts else next((n for n, t in enumerate(kin, 1) if t is moment.task), 0)


def _starters(moment: Moment) -> set[str]:
    if moment.task is not None and moment.operation is not None and moment.operation.polls:
        return {moment.task.started_by}
    return {moment.operation.id} if moment.operation else set()


def _in_state(state: str) -> Condition:
    return Condition(f"state-{state}", f"in the state {state} only", lambda moment: moment.state == state)


def _at_once(moment: Moment) -> bool:
    """Return True if the same operation was asked for the same, by the same account, a moment ago."""
    if moment.operation is None or moment.account is None:
        return False
    what = (moment.operation.id, moment.account.name)
    before, request = moment.memory.get(what, (-1.0, None))
    if moment.operation.starts and request is not moment.request:
        moment.memory[what] = (moment.wall, moment.request)
    return request is not moment.request and 0 <= moment.wall - before < AT_ONCE


def _with(name: str) -> Condition:
    return Condition(f"with-{name}", f"in requests with {name} only", lambda moment: name in moment.body)


def _without(name: str) -> Condition:
    def met(moment: Moment) -> bool:
        return bool(moment.body) and name not in moment.body

    return Condition(f"without-{name}", f"in requests without {name} only", met)


def _together(one: str, other: str) -> Condition:
    words = f"in requests with both {one} and {other} only"
    return Condition(f"with-{one}-and-{other}", words, lambda moment: {one, other} <= moment.body.keys())


def _in_texts(fits: Callable[[str], bool]) -> Callable[[Moment], bool]:
    return lambda moment: any(fits(text) for text in moment.texts)


def _escaped(moment: Moment) -> bool:
    return b"\\u" in moment.request.body


def _percent(moment: Moment) -> bool:
    return "%" in moment.request.query or "%" in moment.request.path


def _polled(moment: Moment) -> bool:
    return moment.task is not None and moment.task.polls > 0


def _again(moment: Moment) -> bool:
    """Return True if the end of the task was shown before."""
    if moment.world is None or moment.task is None or moment.operation is None or not moment.operation.polls:
        return False
    ended = moment.state in moment.world.lifecycle(moment.task).terminal
    seen = moment.memory.get(("ended", moment.task.id))
    if ended and seen is None:
        moment.memory[("ended", moment.task.id)] = moment.request
    return ended and seen is not None and seen is not moment.request


def _second_account(moment: Moment) -> bool:
    return bool(moment.world and moment.account and moment.account is not next(iter(moment.world.accounts.values())))


def _astral(text: str) -> bool:
    return max(text, default="") > "\uffff"


_USUAL = (
    _one_in(2),
    _one_in(4),
    _one_in(10),
    Condition("second-task", "at the second task only", lambda moment: _number(moment) == 2),
    Condition("later-tasks", "from the third task on", lambda moment: _number(moment) > 2),
    Condition("first-poll", "before the first poll only", lambda moment: bool(moment.task) and not _polled(moment)),
    Condition("once-polled", "after the first poll only", _polled),
    Condition("after-the-end", "once its end was shown", _again),
    Condition("at-once", "for the second of two that come at once", _at_once),
    Condition("second-account", "for other accounts than the first", _second_account),
    Condition("astral-text", "where a text has characters beyond 16 bits", _in_texts(_astral)),
    Condition("accented-text", "where a text is not ASCII", _in_texts(lambda text: not text.isascii())),
    Condition("lines-in-text", "where a text has a line break", _in_texts(lambda text: "\n" in text)),
    Condition("quotes-in-text", "where a text has a quotation mark", _in_texts(lambda text: '"' in text)),
    Condition("long-text", f"where a text is over {LONG} characters", _in_texts(lambda text: len(text) > LONG)),
    Condition("escaped-body", "where the body has escapes of characters", _escaped),
    Condition("percent-encoded", "where the path or query is percent-encoded", _percent),
)


def conditions(contract: Contract) -> Mapping[str, Condition]:
    """Return every condition that a contract allows, by its name."""
    return {one.name: one for one in (*_USUAL, *_states(contract), *_optional(contract))}


def _states(contract: Contract) -> Iterator[Condition]:
    for lifecycle in contract.lifecycles.values():
        yield from (_in_state(state.name) for state in lifecycle.states)


def optional_fields(contract: Contract, operation: Operation) -> list[str]:
    """Return the names of the fields that a body may leave out, and is no id."""
    ids = {name for _, name in operation.id_places}
    found = [one for one in body_fields(contract, operation) if len(one.path) == 1]
    return [one.name for one in found if not one.required and one.name not in ids]


def _optional(contract: Contract) -> Iterator[Condition]:
    for operation in contract.operations:
        names = optional_fields(contract, operation)
        yield from (made(name) for name in names for made in (_with, _without))
        yield from (_together(one, other) for one in names for other in names if one < other)
