"""The model of the gateway: what is known of accounts, audio, music tasks and tasks, from settings and answers."""

from dataclasses import dataclass, field
from threading import RLock

from covermock.openapi import Lifecycle

from ..settings import Settings

COVER, MUSIC = "cover", "music"
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
        """Return the status seen last."""
        return self.statuses[-1] if self.statuses else ""


@dataclass
class Knowledge:
    """Facts about the ids of a run. Whatever is in none of the tables was made up by us: the gateway can't know it."""

    settings: Settings
    lifecycles: dict[str, Lifecycle]
    tasks: dict[str, KnownTask] = field(default_factory=dict)
    covers: dict[str, list[KnownTask]] = field(default_factory=dict)
    refused_covers: set[str] = field(default_factory=set)
    lock: RLock = field(default_factory=RLock, repr=False)

    def learn(self, kind: str, task_id: str, owner: str, source: str) -> KnownTask:
        """Take in a task that was accepted."""
        with self.lock:
            task = KnownTask(task_id, kind, owner, source)
            self.tasks.setdefault(task_id, task)
            if kind == COVER:
                self.covers.setdefault(source, []).append(task)
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

    def is_music(self, task_id: str) -> bool:
        """Tell whether the id was given or made as a music task."""
        known = self.tasks.get(task_id)
        given = (*self.settings.music_task, self.settings.pending_music_task)
        return task_id in given or (known is not None and known.kind == MUSIC)

    def music_state(self, task_id: str) -> str:
        """Return `ready`, `running`, `failed`, `pending` (for good), or `covered`, `recovering`, `unsure`.

        `unsure`: it was given as completed, and may have got a cover before this run. `recovering`: its covers failed.
        """
        if task_id == self.settings.pending_music_task:
            return "pending"
        covers = self.covers.get(task_id, [])
        if covers:
            failed = self.lifecycles[COVER].failure.name
            return "recovering" if all(cover.status == failed for cover in covers) else "covered"
        known = self.tasks.get(task_id)
        if known is None:
            return "unsure"
        ends = self.lifecycles[MUSIC]
        return {ends.success.name: "ready", ends.failure.name: "failed"}.get(known.status, "running")

    def terminal(self, task: KnownTask) -> bool:
        """Tell whether the task was seen in a state that stays."""
        return task.status in self.lifecycles[task.kind].terminal
