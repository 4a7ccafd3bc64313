"""What a task looks like: the x-value facts that a contract's schemas ask for. Pure functions of task and state."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import quote

from covermock.openapi import MADE_RESULTS, Contract, Operation, Stage

from ..world.fault import chance
from ..world.task import Task
from ..world.world import World

MEDIA = "/__mock/media"
_SOME_TIME = 1.8e9  # Unix seconds


def results(world: World, task: Task, count: int, base: str = "") -> list[dict[str, Any]]:
    """Return the first `count` results of the task, as x-value facts; dictated ones where the world has them.

    `base` is the server's URL, for a task that nobody started, and so has no base of its own.
    """
    if task.results is not None:
        return [{f"result.{key}": value for key, value in row.items()} for row in task.results[:count]]
    return made_results(world, task, count, base)


def made_results(world: World, task: Task, count: int, base: str = "") -> list[dict[str, Any]]:
    """Return the first `count` results that the mock makes up for the task."""
    folder = f"{task.base or media_base(world, base)}/{quote(task.id, safe='')}"
    found = [Result(world.seed, task.id, number, folder) for number in range(1, count + 1)]
    return _result_facts(world.contract, task.lifecycle, found)


def _result_facts(contract: Contract, lifecycle: str, rows: Iterable["Result"]) -> list[dict[str, Any]]:
    fields = contract.result_fields[lifecycle].items()
    return [{f"result.{name}": _RESULT_FACTS[name](row, schema) for name, schema in fields} for row in rows]


def sample(contract: Contract, operation: Operation, state: Stage) -> dict[str, Any]:
    """Return the facts of some task of the operation in a state, to see what they look like in an answer."""
    name = contract.ids.spelled(operation.task_kind, f"{operation.id_prefix}{'f' * 18}")
    name = "1" if operation.task_kind in contract.ids.whole else name
    rows = [Result(0, name, number, f"http://127.0.0.1{MEDIA}/{name}") for number in range(1, state.results + 1)]
    made = _result_facts(contract, operation.task_kind, rows)
    own = {"task.id": name, "task.status": state.name, "task.created_at": timestamp(_SOME_TIME)}
    return {**own, "task.results": made, MADE_RESULTS: made, **(made[0] if made else {})}


class Result(NamedTuple):
    """One result of a task: what its facts are made from. `folder` is the URL that its files are under."""

    seed: int
    task: str
    number: int
    folder: str

    @property
    def luck(self) -> float:
        """Return a number from 0 to below 1, the same every time."""
        return chance(self.seed, self.task, self.number)


def _image_url(result: Result, schema: Mapping[str, Any]) -> str:
    kind = str(schema.get("x-media", "image/png")).removeprefix("image/")
    return f"{result.folder}/{result.number}.{kind}"


def _number(result: Result, schema: Mapping[str, Any]) -> float:
    """Return a number within the bounds of its schema, a whole one where that asks for it."""
    low: float = schema.get("minimum", 1)
    high: float = max(schema.get("maximum", low + 99), low)
    if schema.get("type") == "integer":
        return int(low) + int(result.luck * (int(high) - int(low) + 1))
    return round(low + result.luck * (high - low), 3)


def _text(result: Result, schema: Mapping[str, Any]) -> str:
    """Return a short text, cut where its schema says so."""
    text = f"Result {result.number} of the task {result.task}."
    return text[: schema.get("maxLength", len(text))]


_RESULT_FACTS: Mapping[str, Callable[[Result, Mapping[str, Any]], Any]] = {
    "id": lambda result, _: f"song_{result.task}_{result.number}",
    "image_url": _image_url,
    "audio_url": lambda result, _: f"{result.folder}/{result.number}.wav",
    "text": _text,
    "number": _number,
}


@dataclass(slots=True)
class TaskFacts(Mapping[str, Any]):
    """The x-value facts of a task as it is in a state, each worked out when a schema asks for it.

    `id` is what the task is shown under, `base` the server's URL.
    """

    world: World
    task: Task
    state: str
    id: str
    base: str = ""

    def __getitem__(self, name: str) -> Any:
        return _FACTS[name](self)

    def __iter__(self) -> Iterator[str]:
        return iter(_FACTS)

    def __len__(self) -> int:
        return len(_FACTS)

    def results(self) -> list[dict[str, Any]]:
        return results(self.world, self.task, self._count, self.base)

    def made_results(self) -> list[dict[str, Any]]:
        return made_results(self.world, self.task, self._count, self.base)

    @property
    def _count(self) -> int:
        states = self.world.lifecycle(self.task).states
        return next(stage.results for stage in states if stage.name == self.state)


def _of_first(name: str) -> Callable[[TaskFacts], Any]:
    """Return what finds a fact of the only result, for an answer that has no list of them."""
    return lambda facts: facts.results()[0][f"result.{name}"]


_FACTS: Mapping[str, Callable[[TaskFacts], Any]] = {
    "task.id": attrgetter("id"),
    "task.status": attrgetter("state"),
    "task.created_at": lambda facts: facts.task.created_at or timestamp(facts.task.created),
    "task.results": TaskFacts.results,
    MADE_RESULTS: TaskFacts.made_results,
    **{f"result.{name}": _of_first(name) for name in _RESULT_FACTS},
}


def media_base(world: World, base: str) -> str:
    """Return where the media of the world's tasks are, under the server's `base` URL; one text for all of them."""
    found = world.bases.get(base)
    if found is None:
        found = world.bases[base] = f"{base}{MEDIA}/{quote(world.name, safe='')}"
    return found


def timestamp(seconds: float) -> str:
    """Return the instant (Unix seconds) as RFC 3339 in UTC, whole seconds (C13)."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
