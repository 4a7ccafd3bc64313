"""Answers as the bytes of HTTP/1.1. Knows no socket."""

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from ...http.messages import Answer
from ...real_time import CLOCKS
from .head import CLOSE, KEEP, KEEP_AND_SAY

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_NO_BODY = frozenset({204, 304})


_ENDS = {KEEP: b"\r\n", KEEP_AND_SAY: b"Connection: keep-alive\r\n\r\n", CLOSE: b"Connection: close\r\n\r\n"}


def encode_answer(answer: Answer, *, head: bool, connection: str) -> bytes:
    """Return the bytes of an answer, with its length, the date and what becomes of the connection.

    The length of a stream is not known: it ends with the connection.
    """
    body, status = answer.body, answer.status
    if connection == KEEP and not head and answer.stream is None and status not in _NO_BODY:
        return b"%b%d\r\n\r\n%b" % (_opening(status, answer.headers, int(CLOCKS.wall())), len(body), body)
    streams, bodiless = answer.stream is not None, status in _NO_BODY
    length = b"" if streams or bodiless else b"Content-Length: %d\r\n" % len(body)
    body = b"" if head or bodiless else body
    end = _ENDS[CLOSE if streams else connection]
    return b"%b%b%b%b" % (_head(status, answer.headers, int(CLOCKS.wall())), length, end, body)


@lru_cache(maxsize=256)
def _opening(status: int, headers: tuple[tuple[str, str], ...], second: int) -> bytes:
    """Return the head of nearly all answers, up to the length of the body."""
    return _head(status, headers, second) + b"Content-Length: "


def _head(status: int, headers: tuple[tuple[str, str], ...], second: int) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}", *(f"{name}: {value}" for name, value in headers)]
    lines.append(f"Date: {_date(second)}")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1", "replace")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
