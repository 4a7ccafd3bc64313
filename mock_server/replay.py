"""An exported world, lived through once more: the same requests at the same instants must give the same bytes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .journal import Entry
from .request import Answer, Request
from .worlds import World

Replayer = Callable[[Request, float], Answer]


def replay(recorded: World, answer: Replayer) -> dict[str, Any]:
    """Return how many exchanges were replayed and skipped, and every difference.

    `answer` answers in the world's beginning. Control calls that changed the world are replayed in their places, but
    not judged; requests whose bodies were cut are skipped.
    """
    replayed, skipped = 0, recorded.journal.evicted
    differences: list[dict[str, Any]] = []
    for entry, judged in _in_order(recorded):
        if entry.capped:
            skipped += judged
            continue
        got = answer(entry.request, entry.wall)
        if judged:
            replayed += 1
            differences += _differences(entry, got)
    return {"replayed": replayed, "skipped": skipped, "differences": differences}


def _in_order(world: World) -> Iterator[tuple[Entry, bool]]:
    """Yield (entry, whether it is judged), as it happened."""
    both = [(entry, True) for entry in world.journal.entries] + [(entry, False) for entry in world.controls.entries]
    yield from sorted(both, key=lambda pair: pair[0].order)


def _differences(entry: Entry, got: Answer) -> Iterator[dict[str, Any]]:
    wanted = entry.answer
    pairs: Mapping[str, tuple[Any, Any]] = {
        "status": (wanted.status, got.status),
        "headers": ([list(row) for row in wanted.headers], [list(row) for row in got.headers]),
        "body": (wanted.body.decode("utf-8", "replace"), got.body.decode("utf-8", "replace")),
    }
    for name, (expected, received) in pairs.items():
        if expected != received:
            yield {"entry": entry.number, "what": name, "expected": expected, "received": received}
