"""The model of the gateway: what is known of accounts, audio, music tasks and tasks, from settings and answers."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from covermock.openapi import Lifecycle, Operation

from ..settings import Settings

COVER, MUSIC = "cover", "music"
YES, NO, UNSURE, FOREIGN, PERHAPS = "yes", "no", "unsure", "another account's", "perhaps not for this account"
USABLE = ("audio", "min_audio", "max_audio")
UNUSABLE = ("short_audio", "long_audio")


@dataclass(slots=True, eq=False)
class KnownTask:
    """A task that the gateway accepted from us. `statuses` are those seen, in order, each once in a row."""

    id: str
    kind: str
    owner: str
    source: str = ""
    statuses: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        return self.statuses[-1] if self.statuses else ""


@dataclass
class Knowledge:
    """Facts about the ids of a run. Whatever is in none of the tables was made up by us: the gateway can't know it."""

    settings: Settings
    lifecycles: dict[str, Lifecycle]
    tasks: dict[str, KnownTask] = field(default_factory=dict)
    started: dict[str, list[KnownTask]] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock, repr=False)

    def learn(self, operation: Operation, task_id: str, owner: str, source: str) -> KnownTask:
        with self.lock:
            task = KnownTask(task_id, operation.task_kind, owner, source)
            self.tasks.setdefault(task_id, task)
            self.started.setdefault(source, []).append(task)
            return task

    @property
    def ids(self) -> set[str]:
        """Return every id that the gateway may know: given by the user, or by itself."""
        audio = (getattr(self.settings, kind) for kind in (*USABLE, *UNUSABLE))
        return {*self.settings.music_task, self.settings.pending_music_task, *audio, *self.tasks.copy()} - {""}

    def audio_kind(self, audio_id: str) -> str:
        """Return which of the given audio ids it is, or an empty text."""
        kinds = (kind for kind in (*USABLE, *UNUSABLE) if getattr(self.settings, kind) == audio_id)
        return next(kinds, "")

    def answer(self, row: Mapping[str, Any], name: str, who: str, examples: Collection[str]) -> str:
        """Return whether a precondition holds for an id: yes, no, unsure, another account's, or perhaps not for this.

        `examples` are ids in the contract itself, which a stand-in may know.
        """
        check = _CHECKS.get(row["check"])
        return check(self, row, name, who, examples) if check else UNSURE

    def task_known(self, row: Mapping[str, Any], name: str, who: str, examples: Collection[str]) -> str:
        """Return whether the id names a task of the lifecycle and of the account, started by the operation."""
        task = self.tasks.get(name)
        given = self.is_given(name, row["lifecycle"])
        if task is None or task.kind != row["lifecycle"]:
            if not given:
                return UNSURE if name in examples else NO
            if "started_by" in row:
                return UNSURE
        if who and who != (task.owner if task else "main"):
            return FOREIGN
        return YES

    def task_succeeded(self, _: Mapping[str, Any], name: str, __: str, ___: Collection[str]) -> str:
        """Return whether the task has reached its success."""
        task = self.tasks.get(name)
        if task is None:
            return NO if name == self.settings.pending_music_task else YES
        ends = self.lifecycles[task.kind]
        if self.used(name):
            return YES
        return {ends.success.name: YES, ends.failure.name: NO}.get(task.status, UNSURE)

    def task_without_cover(self, _: Mapping[str, Any], name: str, __: str, ___: Collection[str]) -> str:
        """Return whether nothing was started from the id; one that was given may have been used before."""
        started = self.used(name)
        if started:
            failed = self.lifecycles[started[0].kind].failure.name
            return UNSURE if all(task.status == failed for task in started) else NO
        return YES if name in self.tasks else UNSURE

    def audio_known(self, _: Mapping[str, Any], name: str, who: str, examples: Collection[str]) -> str:
        """Return whether the id names audio; whose audio it is, is open."""
        if not self.audio_kind(name):
            return UNSURE if name in examples else NO
        return PERHAPS if who in {"second", "poor"} else YES

    def audio_length(self, _: Mapping[str, Any], name: str, __: str, ___: Collection[str]) -> str:
        return NO if self.audio_kind(name) in UNUSABLE else YES

    def affordable(self, _: Mapping[str, Any], __: str, who: str, ___: Collection[str]) -> str:
        """Return whether the account can pay."""
        return NO if who == "poor" else YES

    def used(self, source: str) -> list[KnownTask]:
        return self.started.get(source, [])

    def is_used(self, source: str) -> bool:
        """Return True if a task that hasn't failed was started from the source."""
        started = self.used(source)
        return bool(started) and any(one.status != self.lifecycles[one.kind].failure.name for one in started)

    def is_given(self, name: str, lifecycle: str) -> bool:
        """Return True if the user gave the id as a task of the lifecycle."""
        return lifecycle == MUSIC and name in {*self.settings.music_task, self.settings.pending_music_task} - {""}

    def terminal(self, task: KnownTask) -> bool:
        """Return True if the task was seen in a state that stays."""
        return task.status in self.lifecycles[task.kind].terminal


_CHECKS: Mapping[str, Callable[[Knowledge, Mapping[str, Any], str, str, Collection[str]], str]] = {
    "task-known": Knowledge.task_known,
    "task-succeeded": Knowledge.task_succeeded,
    "source-unused": Knowledge.task_without_cover,
    "source-known": Knowledge.audio_known,
    "source-within": Knowledge.audio_length,
    "affordable": Knowledge.affordable,
}
