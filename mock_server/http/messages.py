"""A request and its answer as plain values: what every edge (Flask, the server, tests) translates to and from."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from covermock.openapi import JSON, json_bytes


@dataclass(slots=True)
class Request:
    """One HTTP request. `path` is as it was sent, without the query; header names are in lower case.

    It is a value: nobody changes it. `recurs` says that this very object may come again, so that whoever works
    something out about it may keep that. `head` is the bytes that its head had on the wire, 0 where nobody counted.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    recurs: bool = field(default=False, compare=False, repr=False)
    head: int = field(default=0, compare=False, repr=False)

    @property
    def host(self) -> str:
        """Return the Host header, or an empty text."""
        return self.headers.get("host", "")


@dataclass(slots=True)
class Wire:
    """What goes wrong with an answer's bytes: `reset`, `empty`, `truncated` (after `bytes`), `drip` (in `seconds`)."""

    kind: str
    bytes: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Hold:
    """An answer that is not due yet. The core never waits: an edge looks again, when told to or when it is time.

    `look(wall)` returns the answer once it is due, else None; `again(wall)` returns the wall instant at which time
    alone may make it due; it is worth another look, too, when `version()` has changed. Those held `of` the same
    thing have the same version, so that many cost one look; None is nobody else's. `drop()` is called if the client
    goes before.
    """

    look: "Callable[[float], Answer | None]"
    again: Callable[[float], float]
    version: Callable[[], Hashable]
    of: Hashable = None
    drop: Callable[[], None] = lambda: None
    broken: bool = False


@dataclass(slots=True)
class Stream:
    """The body of an answer that goes on, piece by piece. The core never waits: an edge asks for more.

    `look(wall)` finds what is new for all that are `of` the same thing; then `piece(wall, full=...)` returns the bytes
    that this one is to write, maybe none, or None at its end; `full` tells that the client doesn't read as fast as
    they come. `again`, `version` and `of` are as in `Hold`. One that is `broken`, since a look at it failed, ends.
    """

    look: Callable[[float], None]
    piece: Callable[..., bytes | None]
    again: Callable[[float], float]
    version: Callable[[], Hashable]
    of: Hashable
    broken: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is still to be done about an answer.

    It is held back for `delay` seconds, and until webhook `after` was tried; `changed` is the world's instant at which
    a control call changed its world, or None.
    """

    delay: float = 0.0
    after: str = ""
    changed: float | None = None


NOTHING = FollowUp()


@dataclass(slots=True)
class Answer:
    """One HTTP answer. `why` explains what it rests on: operation, clause, error, task, world, faults.

    Nothing acts on that but the journal, which files the exchange under its world; `follow_up` says what is to be done.
    The gateway may give the same answer many times: whoever changes one copies it.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON),)
    why: Mapping[str, Any] = field(default_factory=dict)
    wire: Wire | None = None
    hold: Hold | None = None
    stream: Stream | None = None
    follow_up: FollowUp = NOTHING


def json_answer(status: int, value: object, why: Mapping[str, Any], *headers: tuple[str, str]) -> Answer:
    """Return an answer with a JSON body. Text that UTF-8 can't carry is escaped."""
    return Answer(status, json_bytes(value), (("Content-Type", JSON), *headers), why)


def bytes_as_json(body: bytes) -> str | dict[str, str]:
    """Return bytes as JSON can carry them: text where they are UTF-8, else base64."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def bytes_from_json(text: str | Mapping[str, str]) -> bytes:
    return text.encode() if isinstance(text, str) else b64decode(text["base64"])
