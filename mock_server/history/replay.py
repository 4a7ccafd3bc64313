"""An exported world, replayed: the same requests at the same instants must give the same bytes."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson
from covermock.openapi import JSON, json_bytes

from ..http.messages import Answer, Request
from ..world.journal import Entry
from ..world.world import World, digits

_AHEAD = 1000  # ids that processes may have drawn and not used yet
_DIGITS = re.compile(r"(?=([0-9a-f]{18}))")

Replayer = Callable[[Request, float], Answer]


class Recording(NamedTuple):
    """What happened in a world, for a replay: its exchanges and control calls as they are now, which do not change."""

    journal: list[Entry]
    controls: list[Entry]
    evicted: int
    seed: int
    made: int


def recording(world: World) -> Recording:
    """Return what happened in the world so far."""
    journal = world.journal
    return Recording(list(journal.entries), list(world.controls.entries), journal.evicted, world.seed, world.made)


def replay(recorded: Recording, again: World, answer: Replayer) -> dict[str, Any]:
    """Return how many exchanges were replayed and skipped, and every difference.

    `again` is the world in its beginning, `answer` answers in it; its clock stands at each entry's instant. Control
    calls that changed the world are repeated in their places, but not judged; what was cut is skipped.
    """
    replayed, skipped, numbers = 0, recorded.evicted, _numbers(recorded)
    differences: list[dict[str, Any]] = []
    for entry, judged in _in_order(recorded):
        if entry.capped:
            skipped += judged
            continue
        again.clock = again.clock.at(entry.wall, entry.now)
        again.made = _count_before(entry, numbers, again.made)
        got = answer(entry.request, entry.wall)
        if judged:
            replayed += 1
            differences += _differences(entry, got)
    return {"replayed": replayed, "skipped": skipped, "differences": differences}


def repeatable(request: Request, answer: Answer) -> Request:
    """Return the control call that does the same once more: of an uploaded file only its length is kept."""
    if request.headers.get("content-type", "").partition("/")[0].strip().lower() != "audio":
        return request
    row = {name: values[0] for name, values in parse_qs(request.query).items()}
    body = json_bytes({**row, "seconds": orjson.loads(answer.body)["seconds"]})
    return Request(request.method, request.path, "", {**request.headers, "content-type": JSON}, body)


def _numbers(recorded: Recording) -> dict[str, int]:
    """Return the number of every id that a kept exchange can have given out, by its digits.

    An exchange gives out one at most, so it is one of the last; an imported world may claim any count before them.
    """
    kept = len(recorded.journal) + len(recorded.controls)
    first = max(1, recorded.made - 2 * kept - _AHEAD)
    return {digits(recorded.seed, number): number for number in range(first, recorded.made + _AHEAD)}


def _count_before(entry: Entry, numbers: Mapping[str, int], made: int) -> int:
    """Return the count of ids from which the next is the one that the entry gave out; processes draw out of order."""
    found = [numbers[name] for name in _DIGITS.findall(entry.answer.body.decode("utf-8", "replace")) if name in numbers]
    return found[0] - 1 if found else made


def _in_order(recorded: Recording) -> Iterator[tuple[Entry, bool]]:
    """Yield (entry, whether it is judged), as it happened."""
    both = [(entry, True) for entry in recorded.journal] + [(entry, False) for entry in recorded.controls]
    yield from sorted(both, key=lambda pair: pair[0].order)


def _differences(entry: Entry, got: Answer) -> Iterator[dict[str, Any]]:
    wanted = entry.answer
    pairs: Mapping[str, tuple[Any, Any]] = {
        "status": (wanted.status, got.status),
        "headers": ([list(row) for row in wanted.headers], [list(row) for row in got.headers]),
        "body": (wanted.body.decode("utf-8", "replace"), got.body.decode("utf-8", "replace")),
        "wire": (wanted.wire and wanted.wire.kind, got.wire and got.wire.kind),
    }
    for name, (expected, received) in pairs.items():
        if expected != received:
            yield {"entry": entry.number, "what": name, "expected": expected, "received": received}
