"""The model of the gateway: what is known of accounts, sources and tasks, from settings and answers."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import RLock

from covermock.openapi import (
    AFFORDABLE,
    SOURCE_KNOWN,
    SOURCE_UNUSED,
    SOURCE_WITHIN,
    TASK_KNOWN,
    TASK_SUCCEEDED,
    Lifecycle,
    Operation,
)
from covermock.openapi.needs import Need, Row, kind_of, need_of

from .sources import Given

YES, NO, UNSURE, FOREIGN, PERHAPS = "yes", "no", "unsure", "another account's", "perhaps not for this account"


@dataclass(slots=True, eq=False)
class KnownTask:
    """A task that the gateway accepted from us. `statuses` are those seen, in order, each once in a row.

    `lost`: it could not be polled for long; `endless`: it was polled for as long as the run has patience.
    """

    id: str
    kind: str
    owner: str
    source: str = ""
    started_by: str = ""
    statuses: list[str] = field(default_factory=list)
    lost: bool = False
    endless: bool = False

    @property
    def status(self) -> str:
        return self.statuses[-1] if self.statuses else ""


@dataclass
class Knowledge:
    """Facts about the ids of a run. Whatever is in none of the tables was made up by us: the gateway can't know it.

    `shared`: whose source it is, is open. `doubtful` are the starts, by operation and source, that got no answer: they
    may have been accepted; `twins` are ids that several tasks got. `unknown` is the status, by operation, that an id
    gets which nobody has.
    """

    given: tuple[Given, ...]
    lifecycles: Mapping[str, Lifecycle]
    shared: bool = True
    tasks: dict[str, KnownTask] = field(default_factory=dict)
    started: dict[tuple[str, str], list[KnownTask]] = field(default_factory=dict)
    doubtful: set[tuple[str, str]] = field(default_factory=set)
    twins: set[str] = field(default_factory=set)
    unknown: dict[str, int] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock, repr=False)

    def learn(self, operation: Operation, task_id: str, owner: str, source: str) -> KnownTask:
        with self.lock:
            task = KnownTask(task_id, operation.task_kind, owner, source, operation.id)
            self.twins |= {task_id} & self.ids
            self.tasks.setdefault(task_id, task)
            self.started.setdefault((operation.id, source), []).append(task)
            return task

    @property
    def ids(self) -> set[str]:
        """Return every id that the gateway may know: given by the user, or by itself."""
        return {*(one.id for one in self.given), *self.tasks.copy()}

    def source(self, name: str, kind: str = "") -> Given | None:
        """Return what the user said of an id."""
        return next((one for one in self.given if one.id == name and kind in {"", one.kind}), None)

    def usable(self, need: Need | None, owner: str = "main", *, fails: bool = False) -> list[Given]:
        """Return the given sources of an account that keep all that is asked of them, the plain ones first."""
        if need is None:
            return []
        of_kind = (one for one in self.given if one.kind == need.kind and one.ready)
        own = (one for one in of_kind if (one.owner, one.fails) == (owner, fails))
        found = [one for one in own if one.measure is None or need.allows(one.measure)]
        return sorted(found, key=lambda one: need.is_end(one.measure))

    def outside(self, need: Need | None) -> list[Given]:
        """Return the given sources whose measure is not within the range."""
        measured = (one for one in self.given if need and one.kind == need.kind and one.measure is not None)
        return [one for one in measured if need and one.measure is not None and not need.allows(one.measure)]

    def unfinished(self, need: Need | None) -> list[Given]:
        """Return the given tasks that have not ended, where an operation needs one that has."""
        return [one for one in self.given if need and need.is_task and one.kind == need.kind and not one.ready]

    def answer(self, operation: Operation, row: Row, name: str, who: str, examples: Collection[str]) -> str:
        """Return whether a precondition holds for an id: yes, no, unsure, another account's, or perhaps not for this.

        `examples` are ids in the contract itself, which a stand-in may know.
        """
        words: Mapping[str, Callable[[], str]] = {
            TASK_KNOWN: lambda: self._task_known(row, name, who, examples),
            SOURCE_KNOWN: lambda: self._source_known(row, name, who, examples),
            SOURCE_WITHIN: lambda: self._within(operation, row, name),
            TASK_SUCCEEDED: lambda: self._succeeded(operation, name),
            SOURCE_UNUSED: lambda: self._unused(operation, name),
            AFFORDABLE: lambda: {"poor": NO, "last": UNSURE}.get(who, YES),
        }
        return words[row["check"]]()

    def _task_known(self, row: Row, name: str, who: str, examples: Collection[str]) -> str:
        """Return whether the id names a task of the lifecycle and of the account, started by the operation."""
        task, given = self.tasks.get(name), self.source(name, row["lifecycle"])
        if task is None or task.kind != row["lifecycle"]:
            if given is None:
                return UNSURE if name in examples and task is None else NO
            if "started_by" in row:
                return UNSURE
        elif row.get("started_by", task.started_by) != task.started_by:
            return NO
        owner = task.owner if task else given.owner if given else who
        return (UNSURE if name in self.twins else FOREIGN) if who and who != owner else YES

    def _source_known(self, row: Row, name: str, who: str, examples: Collection[str]) -> str:
        given = self.source(name, kind_of(row))
        if given is None:
            return UNSURE if name in examples else NO
        if (who or "main") != given.owner:
            return PERHAPS if self.shared else FOREIGN
        return YES

    def _within(self, operation: Operation, row: Row, name: str) -> str:
        """Return whether a source is within a range: of several, it was measured by the first, and else is right."""
        given, need = self.source(name), need_of(operation)
        measure = given.measure if given else None
        if measure is None or need is None or row["of"] != need.of:
            return YES
        return YES if row.get("min", measure) <= measure <= row.get("max", measure) else NO

    def _succeeded(self, operation: Operation, name: str) -> str:
        task = self.tasks.get(name)
        if task is None:
            given = self.source(name)
            return NO if given and not given.ready else YES
        if self.used(operation, name):
            return YES
        ends = self.lifecycles[task.kind]
        return {ends.success.name: YES, ends.failure.name: NO}.get(task.status, UNSURE)

    def _unused(self, operation: Operation, name: str) -> str:
        """Return whether nothing was started from the id; one that was given may have been used before."""
        started = self.used(operation, name)
        if started:
            ends = {task.kind: self.lifecycles[task.kind].success.name for task in started}
            sure = (task.status == ends[task.kind] and task.id not in self.twins for task in started)
            return NO if any(sure) else UNSURE
        if (operation.id, name) in self.doubtful:
            return UNSURE
        return YES if name in self.tasks else UNSURE

    def used(self, operation: Operation, source: str) -> list[KnownTask]:
        """Return the tasks that the operation has started from the source."""
        return self.started.get((operation.id, source), [])

    def is_used(self, operation: Operation, source: str) -> bool:
        """Return True if a task was started from the source and was seen last in a state that is no failure."""
        return any(self._lives(task) for task in self.used(operation, source))

    def _lives(self, task: KnownTask) -> bool:
        """Return True if the task runs or has succeeded: a state that nobody knows may be a failure."""
        cycle = self.lifecycles[task.kind]
        known = {stage.name for stage in (*cycle.stages, cycle.success)}
        return task.status in known and task.id not in self.twins
