"""Defects that odd, hostile or simply many bytes bring out (G7, G15)."""

from typing import Any

from ..http.messages import Answer, Request, Wire
from .defect import Defect, refuse_with, value_of
from .gateway import DefectiveGateway

_BIG = 100_000


def _has(*marks: bytes) -> Any:
    return lambda request: any(mark in request.body or mark in request.query.encode("latin-1") for mark in marks)


def _big(request: Request) -> bool:
    return len(request.body) > _BIG


def _malformed(request: Request) -> bool:
    return request.method == "POST" and bool(request.body) and value_of(request.body) is None


def _empty(request: Request) -> bool:
    return request.method == "POST" and not request.body


def _dropped(when: Any) -> Any:
    def spoil(_: DefectiveGateway, request: Request, answer: Answer) -> None:
        if when(request):
            answer.wire = Wire("reset")

    return spoil


def _truncated(_: DefectiveGateway, request: Request, answer: Answer) -> None:
    if request.method == "GET":
        answer.wire = Wire("truncated", bytes=len(answer.body) // 2)


def _slow(when: Any) -> Any:
    def spoil(_: DefectiveGateway, request: Request, answer: Answer) -> None:
        if when(request):
            answer.wire = Wire("drip", seconds=2.6)

    return spoil


def _defect(name: str, clause: str, level: str, sentence: str, spoil: Any) -> Defect:
    return Defect(name, "robustness", clause, level, sentence, spoil=spoil)


_INF, _ASM = "inferred", "assumed"
DEFECTS = (
    _defect("nul-500", "G15", _ASM, "fails on a NUL character", refuse_with(500, _has(b"\\u0000", b"%00"))),
    _defect("surrogate-500", "G15", _ASM, "fails on a lone surrogate", refuse_with(500, _has(b"\\ud800"))),
    _defect("deep-500", "G15", _ASM, "fails on deep nesting", refuse_with(500, _has(b"[" * 100, b'{"a": ' * 100))),
    _defect("big-500", "G15", _ASM, "fails on a big body", refuse_with(500, _big)),
    _defect("bad-utf8-500", "G15", _ASM, "fails on bytes that are no UTF-8", refuse_with(500, _has(b"\xff", b"%FF"))),
    _defect("empty-body-500", "G7", _INF, "fails on an empty body", refuse_with(500, _empty)),
    _defect("big-dropped", "G15", _ASM, "drops the connection on a big body", _dropped(_big)),
    _defect("malformed-dropped", "G15", _ASM, "drops the connection on malformed JSON", _dropped(_malformed)),
    _defect("nul-dropped", "G15", _ASM, "drops the connection on a NUL character", _dropped(_has(b"\\u0000"))),
    _defect("status-truncated", "G15", _ASM, "cuts status answers short", _truncated),
    _defect("malformed-slow", "G15", _ASM, "takes its time over malformed JSON", _slow(_malformed)),
)
