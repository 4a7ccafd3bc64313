"""Event streams: what happens in a world, as server-sent events. All streams of a world share one look at it."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from weakref import WeakValueDictionary

from covermock.openapi import encoded

from ..happenings import Follower, Happening, Place, Stage, Tried, present
from ..journal import Entry
from ..redaction import text_shown
from ..request import Answer, Stream
from ..worlds import World
from .call import ControlCall
from .journal import entry_view
from .views import precise

_REST = 0.01  # seconds until the next look after one that has found something
_LONG_REST = 0.1  # the same, when more has happened than may be told
_EACH_SECOND = 500.0  # events that may be told, so that a world under load isn't slowed by those who look on
_AT_ONCE = 1000.0  # the same, after a quiet time
_KEPT = 2000  # events that are kept for streams whose client is slow
_ROOM = 4_194_304  # bytes of all of them
_ALIVE = 15.0  # seconds after which a quiet stream says that it is still there
_HEADERS = (("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-store"))
_STILL_HERE = b": nothing new\n\n"
Feeds = WeakValueDictionary[World, "Feed"]


class Feed:
    """The latest events of a world, for all its streams. `total` counts them; an event's place is its number."""

    def __init__(self, call: ControlCall, world: World) -> None:
        self._call = call
        self._follower = Follower(world, present(world, call.now))
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._allowed = _AT_ONCE
        self._looked = call.wall
        self._rests = False
        self._rest = call.wall
        self.world = world
        self.total = 0

    def look(self, wall: float) -> None:
        """Take in what has happened, unless it has just been done."""
        if wall >= self._rest and not self.world.gone:
            self.catch_up(wall)

    def catch_up(self, wall: float) -> None:
        """Take in what has happened. What is too much at once is left out, and said so."""
        world = self.world
        self._allowed = min(self._allowed + (wall - self._looked) * _EACH_SECOND, _AT_ONCE)
        self._looked = wall
        happened, gone = self._follower.news(world.clock.now(wall))
        told = happened[: int(self._allowed)]
        self._allowed -= len(told)
        left_out = gone + len(happened) - len(told)
        self._rests = bool(told) or left_out > 0
        self._rest = wall + (_LONG_REST if left_out else _REST if told else 0.0)
        self._keep([*(_event(self._call, world, one) for one in told), *_skipped(left_out)])

    def _keep(self, events: list[bytes]) -> None:
        """Keep events; the last one carries the place from which a client may go on."""
        if events:
            events[-1] = _with_id(events[-1], self._follower.place)
        self.total += len(events)
        self._kept.extend(events)
        self._size += sum(map(len, events))
        while len(self._kept) > _KEPT or (self._size > _ROOM and len(self._kept) > 1):
            self._size -= len(self._kept.popleft())

    def since(self, number: int) -> bytes:
        """Return the events after the one of this number; first of all how many of them are gone."""
        gone = max(self.total - number - len(self._kept), 0)
        kept = islice(self._kept, len(self._kept) - (self.total - number - gone), None)
        return b"".join([*_skipped(gone), *kept])

    @property
    def again(self) -> float:
        """Return the wall instant at which time alone may bring something."""
        if self._rests:
            return self._rest
        coming = None if self._follower.next is None else self.world.clock.wall_at(self._follower.next)
        return float("inf") if coming is None else coming

    def version(self) -> object:
        """Return what changes when there may be something new; not while it rests, after which it looks anyway."""
        return self.world.gone if self._rests else (self.world.gone, self.world.version)


@dataclass(slots=True)
class _Reader:
    """One stream: what it begins with, how far it is in the feed, when it last spoke, and when it ends."""

    feed: Feed
    first: bytes
    number: int
    spoke: float
    until: float
    ended: bool = False

    def piece(self, wall: float) -> bytes | None:
        """Return what is new; None once the world or the time of the stream has ended."""
        if self.ended:
            return None
        fresh = self.feed.since(self.number) if self.number < self.feed.total else b""
        gone = self.feed.world.gone
        text = self.first + fresh + (_END if gone else b"")
        self.first, self.number, self.ended = b"", self.feed.total, gone or wall >= self.until
        if text or wall >= self.spoke + _ALIVE:
            self.spoke = wall
            return text or _STILL_HERE
        return b""

    def again(self, wall: float) -> float:
        """Return the wall instant at which it has to be looked at though nothing happens."""
        return wall if self.ended else min(self.until, self.spoke + _ALIVE, self.feed.again)


def read_events(call: ControlCall, feeds: Feeds) -> Answer:
    """Tell what happens in the world from now on: or from the start, or from where a stream has ended."""
    world, wall = call.world, call.wall
    feed = feeds.get(world)
    if feed is None:
        feeds[world] = feed = Feed(call, world)
    feed.catch_up(wall)
    until = wall + call.query["timeout"] if call.query["timeout"] is not None else float("inf")
    first = b"".join([*_before(call, world), _with_id(b"", present(world, call.now))])
    reader = _Reader(feed, first, feed.total, wall, until)
    stream = Stream(feed.look, reader.piece, reader.again, feed.version, feed)
    return Answer(200, b"", _HEADERS, stream=stream)


def _before(call: ControlCall, world: World) -> Iterable[bytes]:
    """Return what the client asks for of the past."""
    last = call.header["Last-Event-ID"]
    if not last and call.query["from"] == "now":
        return []
    happened, gone = Follower(world, Place.read(last) if last else Place()).news(call.now)
    told = happened[-int(_AT_ONCE) :]
    return [*_skipped(gone + len(happened) - len(told)), *(_event(call, world, one) for one in told)]


def _event(call: ControlCall, world: World, happening: Happening) -> bytes:
    """Return the event that tells what has happened."""
    instant, what = happening
    kind, show = _KINDS[type(what)]
    return _sse(kind, show(call, world, instant, what))


def _request(call: ControlCall, _: World, __: float, entry: Entry) -> Mapping[str, Any]:
    return entry_view(call, entry)


def _stage(_: ControlCall, __: World, instant: float, stage: Stage) -> Mapping[str, Any]:
    task = stage.task
    facts = {"task": task.id, "state": stage.state, "lifecycle": task.lifecycle, "account": task.account}
    return {"at": precise(instant), **facts}


def _webhook(call: ControlCall, _: World, instant: float, tried: Tried) -> Mapping[str, Any]:
    delivery, attempt = tried
    facts = {"callback": delivery.id, "task": delivery.task, "attempt": attempt.number, "state": delivery.state}
    problem = text_shown(attempt.problem, call.knows)
    return {"at": precise(instant), **facts, "status": attempt.status, "problem": problem}


_KINDS: Mapping[type, tuple[str, Callable[[ControlCall, World, float, Any], Mapping[str, Any]]]] = {
    Entry: ("request", _request),
    Stage: ("stage", _stage),
    Tried: ("webhook", _webhook),
}


def _skipped(count: int) -> list[bytes]:
    return [_sse("skipped", {"count": count})] if count > 0 else []


def _sse(kind: str, data: Mapping[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), encoded(data))


def _with_id(event: bytes, place: Place) -> bytes:
    """Return the event with the place that a client may go on from; an empty one only says the place."""
    return b"id: %b\n%b" % (str(place).encode(), event or b"\n")


_END = _sse("end", {"reason": "the world was deleted or made anew"})
