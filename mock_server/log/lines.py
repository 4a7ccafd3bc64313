"""What the log says of one request, as a line for people or as JSON. Pure: no clock, no stream."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from covermock.openapi import json_bytes

from ..http.messages import Answer, Request
from ..http.redaction import Known, redact_text

_LONGEST: Final = 300  # characters of a value that are shown
_BY_STATUS: Final = {2: "32", 3: "36", 4: "33", 5: "31"}  # colours (SGR) by the first digit of a status
_DIM, _BOLD, _FAULT = "2", "1", "35"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


class Line(NamedTuple):
    """One request and its answer. `ms` are the milliseconds in between; `message` says why it was refused."""

    wall: float
    ms: float
    method: str
    path: str
    status: int
    operation: str
    world: str
    account: str
    task: str
    state: str
    error: str
    message: str
    faults: tuple[str, ...]

    def text(self, stamp: str, home: str, *, coloured: bool) -> str:
        """Return the line for people. The world is named where it is not `home`."""
        fault = f"fault {', '.join(self.faults)}" if self.faults else ""
        parts = (
            (stamp, _DIM),
            (f"{self.method} {self.path}", ""),
            (self.operation, _BOLD),
            (str(self.status), _BY_STATUS.get(self.status // 100, "31")),
            (f"{self.ms:.1f} ms", ""),
            (f"{self.task} {self.state}" if self.task else "", ""),
            ("" if self.world in {"", home} else f"in world {self.world}", ""),
            (fault, _FAULT),
            (self.message or self.error, ""),
        )
        quick = "  ".join([part for part, _ in parts if part])
        longest = max(len(self.method), len(self.path), len(self.task), len(self.message))
        if not coloured and longest <= _LONGEST and quick.isascii() and quick.isprintable():
            return quick
        return "  ".join([_paint(plain(part), colour if coloured else "") for part, colour in parts if part])

    def facts(self) -> Mapping[str, Any]:
        """Return the fields for programs."""
        return {**self._asdict(), "ms": round(self.ms, 3)}


class Sum(NamedTuple):
    """The requests of a second that got no line of their own, by status."""

    wall: float
    counts: Mapping[int, int]

    def text(self, stamp: str, _: str, *, coloured: bool) -> str:
        counts = ", ".join(f"{status} x {count}" for status, count in self.counts.items())
        told = f"{sum(self.counts.values())} more requests in a second: {counts}"
        return f"{_paint(stamp, _DIM if coloured else '')}  {told}"

    def facts(self) -> Mapping[str, Any]:
        counts = {str(status): count for status, count in self.counts.items()}
        return {"wall": self.wall, "summed": sum(self.counts.values()), "counts": counts}


class Notice(NamedTuple):
    """What the mock says about itself: a bound that was reached, a defect of its own."""

    wall: float
    level: str
    message: str

    def text(self, stamp: str, _: str, *, coloured: bool) -> str:
        said = "\n".join(plain(row, longest=4 * _LONGEST) for row in self.message.splitlines())
        level = _paint(self.level, _BY_STATUS[5] if coloured else "")
        return f"{_paint(stamp, _DIM if coloured else '')}  {level}  {said}"


class Lost(NamedTuple):
    """Lines that were dropped, since nobody read the log."""

    wall: float
    dropped: int

    def text(self, stamp: str, _: str, *, coloured: bool) -> str:
        told = f"{self.dropped} lines dropped: the log was not read fast enough"
        return f"{_paint(stamp, _DIM if coloured else '')}  {told}"


Record = Line | Sum | Notice | Lost


def line(request: Request, answer: Answer, wall: float, ms: float, message: str, known: Known) -> Line:
    """Return what is told of an exchange: no more of a long text than can be shown, and only keys that are `known`."""
    why = answer.why

    def text(value: Any) -> str:
        return redact_text(str(value or "")[: _LONGEST + 1], known)

    return Line(
        wall,
        ms,
        text(request.method),
        text(request.path),
        answer.status,
        why.get("operation") or "",
        why.get("world") or "",
        why.get("account") or "",
        text(why.get("task")),
        why.get("state") or "",
        why.get("error") or "",
        text(message),
        tuple(why.get("faults", ())),
    )


def as_json(record: Record, stamp: str) -> str:
    """Return a line for programs. What has nothing to say is left out, and all that isn't ASCII is escaped."""
    facts = {"time": stamp}
    shown = record.facts() if isinstance(record, Line | Sum) else record._asdict()
    facts.update({name: value for name, value in shown.items() if value and name != "wall"})
    quick = json_bytes(facts).decode()
    if len(quick) <= 4 * _LONGEST and quick.isascii() and quick.isprintable():
        return quick
    return json.dumps({name: _cut_text(value) for name, value in facts.items()}).replace("\x7f", "\\u007f")


def plain(text: str, longest: int = _LONGEST) -> str:
    """Return a text of a stranger as it can be shown: escaped, and not too long."""
    return escape(text if len(text) <= longest else _cut(text, longest))


def escape(text: str) -> str:
    """Return a text that changes nothing beyond its own place on a screen.

    Escaped are control characters, ends of lines, what steers a terminal, and all that is written from right to left.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if _is_plain(one) else one.encode("unicode_escape").decode() for one in text)


def _is_plain(one: str) -> bool:
    return one.isprintable() and unicodedata.bidirectional(one) not in _RIGHT_TO_LEFT


def _cut_text(value: Any) -> Any:
    return _cut(value, 4 * _LONGEST) if isinstance(value, str) else value


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _paint(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour else text
