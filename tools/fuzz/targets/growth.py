"""Growth: one part of an input, many times. Four times as much may take four times as long, and not sixteen."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..choices import Choices
from ..edits import at, place
from ..inside import FIRST, JSON, WALL, Mock, Request, Settings, control, empty, first
from ..promises import Broken, answered
from .gateway import WORLDS
from .http import RawHttp
from .restore import Restore
from .world_file import WorldFile

_COUNTS = (250, 1000, 4000)
_WORST = 9.0  # times as long for four times as much; the square would be sixteen
_LONGEST = 2.0  # seconds of processor time for the largest, which has up to some megabytes
_LEAST = 0.06  # seconds of processor time below which nothing is judged
_BODIES = (
    {"audio_id": "aud_1", "custom_mode": True, "prompt": "p", "style": "s", "callback_url": "http://127.0.0.1:9/"},
    {"taskId": "gen_1", "more": [{"a": [1]}, {"b": {"c": "d"}}]},
)
_VIEWS = ("worlds", "worlds/fz", "worlds/fz/ledger", "worlds/fz/tasks", "worlds/fz/journal", "worlds/fz/export")
_ACTS = ("worlds/fz/clock/next", "worlds/fz/fork", "worlds/fz/reset", "worlds/fz/replay")
Work = Callable[[], None]


class Growth:
    """Parts of bodies, documents, files and bytes on the wire, repeated."""

    longest = 60
    seconds = 60.0  # for all sizes of all steps together; each step is measured by itself

    def __init__(self) -> None:
        self._mock = Mock(Settings(world=FIRST), WALL)
        self._documents = Restore().documents
        self._http, self._file = RawHttp(), WorldFile()
        self._kinds: Mapping[str, Callable[[Any, int], dict[str, Work]]] = {
            "body": self._body,
            "world": self._world,
            "restore": self._restore,
            "wire": self._wire,
            "file": self._text,
        }

    def case(self, data: bytes) -> Any:
        """Return what is repeated, and where."""
        choices = Choices(data)
        kind = choices.pick(list(self._kinds))
        if kind == "wire":
            wire = self._http.case(choices.rest())["wire"][:2000]
            return {"kind": kind, "text": wire, **_slice(wire, data)}
        if kind == "file":
            text = json.dumps(choices.pick(WORLDS)) if choices.one_in(2) else _FILE
            return {"kind": kind, "text": text, **_slice(text, data)}
        options = {"body": _BODIES, "world": WORLDS, "restore": self._documents}
        document = choices.pick(options[kind])
        return {"kind": kind, "document": document, "path": list(place(document, choices)), "same": choices.one_in(3)}

    def play(self, case: Any) -> None:
        """Measure each step for each count."""
        steps = [self._kinds[case["kind"]](case, count) for count in _COUNTS]
        times: dict[str, list[float]] = {}
        for works in steps:
            for name, work in works.items():
                times.setdefault(name, []).append(_seconds(work))
        for name, (_, less, more) in times.items():
            if more > _LONGEST:
                raise Broken(f"growth: {case['kind']}, {name}: too long", f"{more:.3f} s")
            if more > _LEAST and more > _WORST * less and all(self._again(case, name) > _WORST for _ in range(3)):
                raise Broken(f"growth: {case['kind']}, {name}", f"{less:.3f} s, then {more:.3f} s")

    def _again(self, case: Any, name: str) -> float:
        """Return how many times as long it takes, measured once more: a machine may stumble."""
        less, more = (self._timed(case, name, count) for count in _COUNTS[1:])
        return more / less

    def _timed(self, case: Any, name: str, count: int) -> float:
        for step, work in self._kinds[case["kind"]](case, count).items():
            took = _seconds(work)
            if step == name:
                return took
        raise AssertionError(name)

    def _body(self, case: Any, count: int) -> dict[str, Work]:
        body = json.dumps(grown(case, count)).encode()
        head = {**JSON, "authorization": "Bearer aio_first"}
        empty(self._mock)
        first(self._mock)
        works: dict[str, Work] = {}
        for operation in self._mock.contract.operations:
            if operation.body:
                request = Request("POST", operation.path, "", head, body)
                works[operation.id] = lambda request=request: self._judge(self._mock.answer(request, WALL))  # type: ignore[misc]
        return works

    def _world(self, case: Any, count: int) -> dict[str, Work]:
        body = json.dumps({**grown(case, count), "name": "fz"}).encode()
        empty(self._mock)
        return {"create": lambda: self._judge(control(self._mock, "POST", "worlds", body)), **self._around()}

    def _restore(self, case: Any, count: int) -> dict[str, Work]:
        body = json.dumps(grown(case, count)).encode()
        empty(self._mock)
        return {"put": lambda: self._judge(control(self._mock, "PUT", "worlds/fz/export", body)), **self._around()}

    def _around(self) -> dict[str, Work]:
        views = {view: self._call("GET", view) for view in _VIEWS}
        return {**views, **{act: self._call("POST", act) for act in _ACTS}}

    def _call(self, method: str, path: str) -> Work:
        return lambda: self._judge(control(self._mock, method, path))

    def _wire(self, case: Any, count: int) -> dict[str, Work]:
        wire = repeated(case, count)
        return {"wire": lambda: self._http.play({"wire": wire, "cuts": [], "end": "eof"})}

    def _text(self, case: Any, count: int) -> dict[str, Work]:
        text = repeated(case, count)
        return {"file": lambda: self._file.read(text.encode("utf-8", "replace"))}

    def _judge(self, answer: Any) -> None:
        answered(answer.status, answer.body, str(answer.why.get("operation")))

    def seeds(self) -> list[bytes]:
        """Return a few inputs of each kind."""
        return [
            bytes([kind, *((kind * 31 + n * n * 7 + first) % 256 for n in range(20))])
            for kind in range(5)
            for first in range(6)
        ]


def grown(case: Any, count: int) -> Any:
    """Return the document with the node at `path` many times as large; names and ids differ unless `same`."""
    return at(case["document"], tuple(case["path"]), lambda node: _many(node, count, same=case["same"]))


def _many(node: Any, count: int, *, same: bool) -> Any:
    if isinstance(node, dict):
        entries = list(node.items()) or [("a", 1)]
        return {
            **node,
            **{
                f"{name}{number}": _renamed(value, number, same=same)
                for number in range(count)
                for name, value in entries[:1]
            },
        }
    if isinstance(node, list):
        return [*node, *(_renamed((node or [1])[-1], number, same=same) for number in range(count))]
    if isinstance(node, str):
        return node + (node or "a") * count
    if isinstance(node, int) and not isinstance(node, bool):
        return int("9" * min(count, 4000))
    return node


def _renamed(value: Any, number: int, *, same: bool) -> Any:
    """Return a copy whose names are its own."""
    if same or not isinstance(value, dict):
        return f"{value}{number}" if isinstance(value, str) and not same else value
    own = {name: f"{value[name]}{number}" for name in ("id", "key", "name") if isinstance(value.get(name), str)}
    return {**value, **own, **({"number": number + 1} if isinstance(value.get("number"), int) else {})}


def _slice(text: str, data: bytes) -> dict[str, int]:
    """Return where a piece of the text begins and ends."""
    start = int.from_bytes(data[1:3].ljust(2, b"\0"), "big") % (len(text) or 1)
    return {"start": start, "end": min(len(text), start + 1 + (data[3] if len(data) > 3 else 0) % 60)}


def repeated(case: Any, count: int) -> str:
    """Return the text with the piece many times; a digit in it counts."""
    text, start, end = case["text"], case["start"], case["end"]
    piece = text[start:end]
    digit = next((char for char in piece if char.isdigit()), None)
    pieces = (piece.replace(digit, str(number), 1) if digit else piece for number in range(count))
    return f"{text[:start]}{''.join(pieces)}{text[end:]}"


def _seconds(work: Work) -> float:
    begun = time.process_time()
    work()
    return max(time.process_time() - begun, 1e-4)


_FILE = """accounts:
  main: {key: aio_a1, credits: 5}
audio:
  aud_1: {seconds: 30}
  aud_2: {seconds: 6, yields: {outcome: failure}}
music_tasks:
  gen_1: {state: pending}
tasks:
  t_1: {lifecycle: cover, state: SUCCESS, source: gen_1}
prices: {startCover: 1}
"""
