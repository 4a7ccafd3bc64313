"""One step: the worlds that it looks at, and how all that it has done to them is committed in one round trip."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from ...world.journal import CAPACITY
from .change import Change
from .connection.link import Link, StoreUnreachableError
from .knowledge import RetryError
from .parts import SharedJournal
from .scripts import COMMIT, STRAY
from .shared import SharedWorld

_STRAYS: Final = 1000  # requests of no world that are kept
Outcomes = dict[SharedWorld, bool | StoreUnreachableError]
Forget = Callable[[SharedWorld], None]


@dataclass(slots=True)
class Step:
    """What one step has met. `exchange`: requests of the gateway, which must rest on nothing that has changed.

    `latest` is the world whose key was found last. Outside of `run` there is no step, and each look is a fresh one.
    """

    running: bool = False
    exchange: bool = False
    control: bool = False
    worlds: dict[str, SharedWorld] = field(default_factory=dict)
    latest: SharedWorld | None = None

    def find(self, name: str) -> SharedWorld | None:
        """Return the world of that name that was met last: another process may have put a new one in its place."""
        met = [self.latest] if self.latest and self.latest.name == name else reversed(self.worlds.values())
        return next((world for world in met if world.name == name), None) if self.running else None

    def leave(self, name: str) -> None:
        """Look no more at the worlds of that name."""
        self.worlds = {uid: world for uid, world in self.worlds.items() if world.name != name}

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back what was done where it can't be committed; whoever must retry gets no error."""
        try:
            yield
        except BaseException as error:
            for world in self.worlds.values():
                world.revert()
            if not isinstance(error, RetryError):
                raise


def commit(link: Link, step: Step, strays: SharedJournal, room: int, forget: Forget) -> Outcomes:
    """Commit what was done in each world; return whether Redis has, or why it couldn't. `room` is a journal's bytes.

    Raises `StoreUnreachableError` where nothing was committed.
    """
    if strays.fresh:
        told = link.scripts(STRAY, [(_STRAYS, room, entry) for entry in strays.fresh])
        for refusal in [one for one in told if isinstance(one, StoreUnreachableError)]:
            raise refusal
    changes = [Change(world, exchange=step.exchange) for world in step.worlds.values()]
    busy = [change for change in changes if not change.idle]
    answers = link.scripts(COMMIT, [(CAPACITY, room, *change.words()) for change in busy]) if busy else []
    outcomes: Outcomes = {change.world: True for change in changes}
    return outcomes | {one.world: _adopt(one, answer, forget) for one, answer in zip(busy, answers, strict=True)}


def is_done(outcomes: Outcomes) -> bool:
    """Return True if everything was committed. Raises `StoreUnreachableError` where it couldn't be."""
    for refusal in [one for one in outcomes.values() if isinstance(one, StoreUnreachableError)]:
        raise refusal
    return all(outcomes.values())


def _adopt(change: Change, answer: Any, forget: Forget) -> bool | StoreUnreachableError:
    """Believe what Redis answers to a change; return True if it was committed."""
    if isinstance(answer, StoreUnreachableError):
        change.world.revert()
        return answer
    if answer[0] == 1:
        change.adopt_commit(answer)
        return True
    change.world.revert()
    if answer[0] == 0:
        change.adopt_refusal(answer)
    else:
        forget(change.world)
    return False
