"""The lifecycles that a contract declares (x-lifecycle): names, order, default seconds. Knows no task and no time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .documents import Pointer
from .source import Source, excerpt


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of a task: its name, how long it lasts by default (seconds), how many results it shows, its clause."""

    name: str
    seconds: float
    results: int
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a kind of task: ordered `stages`, then `success` or `failure`, which last for ever."""

    name: str
    stages: tuple[Stage, ...]
    success: Stage
    failure: Stage

    @property
    def states(self) -> tuple[Stage, ...]:
        """Return every state, in order, the two terminal ones last."""
        return (*self.stages, self.success, self.failure)

    @property
    def terminal(self) -> tuple[str, str]:
        """Return the names of the two states that stay: success, failure."""
        return (self.success.name, self.failure.name)


def read_lifecycles(source: Source) -> dict[str, Lifecycle]:
    """Return the lifecycles by name. Raises `InvalidSourceError` where one disagrees with the enum beside it."""
    found: dict[str, Lifecycle] = {}
    for at, schema in _schemas(source.data, ()):
        lifecycle = _lifecycle(schema["x-lifecycle"])
        _agree(source, at, schema, lifecycle)
        if found.setdefault(lifecycle.name, lifecycle) != lifecycle:
            name = excerpt(lifecycle.name)
            raise source.error((*at, "x-lifecycle"), f"expected one lifecycle of a name, received another {name}")
    return found


def _schemas(node: Any, at: Pointer) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """Yield (place, schema) of each schema with a lifecycle, wherever it stands, but for examples."""
    inner: Iterable[tuple[str | int, Any]] = enumerate(node) if isinstance(node, list) else ()
    if isinstance(node, dict):
        inner = ((key, one) for key, one in node.items() if key not in {"example", "examples", "default"})
        if isinstance(node.get("x-lifecycle"), dict) and "stages" in node["x-lifecycle"]:
            yield at, node
    for key, one in inner:
        yield from _schemas(one, (*at, key))


def _lifecycle(row: Mapping[str, Any]) -> Lifecycle:
    stages = tuple(_stage(stage) for stage in row["stages"])
    ends = _stage(row["success"]), _stage(row["failure"])
    return Lifecycle(row["name"], stages, *ends)


def _stage(row: Mapping[str, Any]) -> Stage:
    return Stage(row["name"], float(row.get("seconds", 0)), row["results"], row.get("x-clause", ""))


def _agree(source: Source, at: Pointer, schema: Mapping[str, Any], lifecycle: Lifecycle) -> None:
    names = [state.name for state in lifecycle.states]
    for problem in _disagreements(names, schema.get("enum", names)):
        raise source.error((*at, "x-lifecycle"), problem)


def _disagreements(names: list[str], enum: list[str]) -> Iterator[str]:
    if len(set(names)) < len(names):
        yield f"expected states that all differ, received {excerpt(names)}; rename one"
    if set(names) != set(enum):
        odd = sorted(set(names) ^ set(enum))
        yield f"expected the same states as in the enum beside it, received a difference in {excerpt(odd)}; mend either"
