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
    streams, bodiless = answer.stream is not None, answer.status in _NO_BODY
    body = b"" if head or bodiless else answer.body
    length = b"" if streams or bodiless else b"Content-Length: %d\r\n" % len(answer.body)
    end = _ENDS[CLOSE if streams else connection]
    return b"%b%b%b%b%b" % (_head(answer.status, answer.headers), length, _date(int(CLOCKS.wall())), end, body)


@lru_cache(maxsize=256)
def _head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}", *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1", "replace")


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
