"""Event streams: what happens in a world, as server-sent events. All streams of a world share one look at it."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

from covermock.openapi import json_bytes

from ..history.timeline import Cursor, Follower, Happening, StageReached, WebhookTried, present
from ..http.messages import Answer, Stream
from ..http.redaction import redact_text
from ..world.journal import Entry
from ..world.world import World
from .call import ControlCall
from .operations.journal import entry_view
from .steps import Making
from .views import precise

_REST = 0.01  # seconds until the next look after one that has found something
_LONG_REST = 0.5  # the same, when more has happened than may be told
_CALM = 5.0  # by which the rate is divided while far more happens: nobody can follow that, and it is others' time
_AT_ONCE = 1000  # events of the past that are told at first
_RATES = 500, 200, 100, 50, 20, 10, 5, 2, 1  # a rate is rounded down to one of them, since each costs its own looks
_KEPT = 2000  # events that are kept for streams whose client is slow
_ROOM = 4_194_304  # bytes of all of them
_ALIVE = 15.0  # seconds after which a quiet stream says that it is still there
_PATIENCE = 1.0  # seconds until the next look at a client that doesn't read
_HEADERS = (("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-store"))
_STILL_HERE = b": nothing new\n\n"
Feeds = WeakValueDictionary[tuple[World, int], "Feed"]


class Feed:
    """The latest events of a world, for all its streams of a rate: the events a second that are told at most.

    So a world under load isn't slowed by those who look on. `total` counts what has happened; a place is a number.
    """

    def __init__(self, call: ControlCall, world: World, rate: int) -> None:
        self._call = call
        self._follower = Follower(world, present(world, call.now))
        self._kept: deque[tuple[int, bytes]] = deque()  # how much each event tells, and its bytes
        self._size = 0
        self._rate = rate
        self._at_once = 2.0 * rate  # after a quiet time
        self._allowed = self._at_once
        self._looked = call.wall
        self._rests = self._hurried = False
        self._rest = call.wall
        self._ended = False
        self.world = world
        self.total = 0

    def look(self, wall: float) -> None:
        """Read what has happened, unless that has just been done. Whoever follows a world uses it."""
        if not self.world.gone:
            self._call.store.note_use(self.world, wall)
            if wall >= self._rest:
                self.catch_up(wall)
        elif not self._ended:
            self._ended = True
            self.catch_up(wall)

    def catch_up(self, wall: float) -> None:
        """Read what has happened. What is too much at once is left out, and said so."""
        world = self.world
        passed = max(0.0, wall - self._looked)  # real time may be set back
        self._allowed = min(self._allowed + passed * self._rate / (_CALM if self._hurried else 1.0), self._at_once)
        self._looked = wall
        told, left_out = self._follower.news(world.clock.now(wall), int(self._allowed))
        self._allowed -= len(told)
        self._hurried = left_out > self._rate
        self._rests = bool(told) or left_out > 0
        self._rest = wall + (_LONG_REST if left_out else _REST if told else 0.0)
        call = replace(self._call, wall=wall, _known={})  # what is known of keys may change, and would only grow
        events = [(1, _event(call, world, one)) for one in told]
        self._keep(events + [(left_out, event) for event in _skip_notice(left_out)])

    def _keep(self, events: list[tuple[int, bytes]]) -> None:
        """Keep events; the last one carries the place from which a client may go on."""
        if events:
            events[-1] = events[-1][0], _with_id(events[-1][1], self._follower.place)
        self._kept.extend(events)
        self.total += sum(count for count, _ in events)
        self._size += sum(len(event) for _, event in events)
        while len(self._kept) > _KEPT or (self._size > _ROOM and len(self._kept) > 1):
            self._size -= len(self._kept.popleft()[1])

    def since(self, number: int) -> bytes:
        """Return the events after the place of this number; first of all how much of it is not kept."""
        fresh, place = deque[bytes](), self.total
        for count, event in reversed(self._kept):
            if place <= number:
                break
            fresh.appendleft(event)
            place -= count
        return b"".join([*_skip_notice(place - number), *fresh])

    @property
    def again(self) -> float:
        """Return the wall instant at which time alone may bring something."""
        if self._rests:
            return self._rest
        coming = None if self._follower.next is None else self.world.clock.wall_at(self._follower.next)
        return float("inf") if coming is None else coming

    def version(self) -> object:
        """Return what changes when there may be something new; None while it rests, after which it looks anyway."""
        return None if self._rests else (self.world.gone, self.world.version)


@dataclass(slots=True)
class _Reader:
    """One stream: what it begins with, how far it is in the feed, when it speaks at the latest, and when it ends."""

    feed: Feed
    first: bytes
    number: int
    speaks: float
    until: float
    ended: bool = False

    def piece(self, wall: float, *, full: bool = False) -> bytes | None:
        """Return what is new, unless the client is too slow; None once the world or the stream's time has ended."""
        if self.ended:
            return None
        gone = self.feed.world.gone
        self.ended = gone or wall >= self.until
        if full and not self.ended:
            self.speaks = wall + _PATIENCE
            return b""
        text = self.first + self.feed.since(self.number) + (_END if gone else b"")
        self.first, self.number = b"", self.feed.total
        if not text and wall < self.speaks:
            return b""
        self.speaks = wall + _ALIVE
        return text or _STILL_HERE

    def again(self, wall: float) -> float:
        """Return the wall instant at which it has to be looked at though nothing happens."""
        return wall if self.ended else min(self.until, self.speaks, self.feed.again)


def read_events(call: ControlCall, feeds: Feeds) -> Making:
    """Tell what happens in the world from now on: or from the start, or from where a stream has ended."""
    world, wall = call.world, call.wall
    rate = next(rate for rate in _RATES if rate <= call.query["rate"])
    feed = feeds.get((world, rate))
    if feed is None:
        feeds[world, rate] = feed = Feed(call, world, rate)
    feed.catch_up(wall)
    until = wall + call.query["timeout"] if call.query["timeout"] is not None else float("inf")
    here = present(world, call.now)
    number, (happened, gone) = feed.total, _before(call, world, here)
    first: bytes = yield lambda: b"".join([*_last_events(call, world, happened, gone), _with_id(b"", here)])
    reader = _Reader(feed, first, number, wall + _ALIVE, until)
    stream = Stream(feed.look, reader.piece, reader.again, feed.version, feed)
    return Answer(200, b"", _HEADERS, stream=stream)


def _before(call: ControlCall, world: World, here: Cursor) -> tuple[list[Happening], int]:
    """Return what the client asks for of the past, and how much of it is not kept."""
    last = call.header["Last-Event-ID"]
    if not last and call.query["from"] == "now":
        return [], 0
    place = Cursor.read(last) if last else Cursor(mark=world.mark)
    if here.tasks - place.tasks > _AT_ONCE or place.mark != world.mark:
        place = here._replace(entries=0, attempts=0, tasks=max(here.tasks - _AT_ONCE, 0))
    return Follower(world, place).news(call.now)


def _last_events(call: ControlCall, world: World, happened: list[Happening], gone: int) -> Iterable[bytes]:
    """Return the end of what has happened, where it is long. It takes long, too: nobody else waits for it."""
    events: deque[bytes] = deque()
    size = 0
    for one in reversed(happened):
        events.appendleft(_event(call, world, one))
        size += len(events[0])
        if len(events) >= _AT_ONCE or size > _ROOM:
            break
    return [*_skip_notice(gone + len(happened) - len(events)), *events]


def _event(call: ControlCall, world: World, happening: Happening) -> bytes:
    instant, what = happening
    kind, show = _KINDS[type(what)]
    return _sse(kind, show(call, world, instant, what))


def _request(call: ControlCall, _: World, __: float, entry: Entry) -> Mapping[str, Any]:
    return entry_view(call, entry)


def _stage(_: ControlCall, __: World, instant: float, stage: StageReached) -> Mapping[str, Any]:
    task = stage.task
    facts = {"task": task.id, "state": stage.state, "lifecycle": task.lifecycle, "account": task.account}
    return {"at": precise(instant), **facts}


def _webhook(call: ControlCall, _: World, instant: float, tried: WebhookTried) -> Mapping[str, Any]:
    delivery, attempt = tried
    facts = {"callback": delivery.id, "task": delivery.task, "attempt": attempt.number, "state": delivery.state}
    problem = redact_text(attempt.problem, call.knows)
    return {"at": precise(instant), **facts, "status": attempt.status, "problem": problem}


_KINDS: Mapping[type, tuple[str, Callable[[ControlCall, World, float, Any], Mapping[str, Any]]]] = {
    Entry: ("request", _request),
    StageReached: ("stage", _stage),
    WebhookTried: ("webhook", _webhook),
}


def _skip_notice(count: int) -> list[bytes]:
    return [_sse("skipped", {"count": count})] if count > 0 else []


def _sse(kind: str, data: Mapping[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json_bytes(data))


def _with_id(event: bytes, place: Cursor) -> bytes:
    """Return the event with the place that a client may go on from; an empty one only says the place."""
    return b"id: %b\n%b" % (str(place).encode(), event or b"\n")


_END = _sse("end", {"reason": "the world was deleted or made anew"})
