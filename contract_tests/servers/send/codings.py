"""Content codings: none is asked for, and a gateway behind a proxy may send one all the same."""

import zlib

MOST_BYTES = 1024 * 1024  # of a body that is read; no documented answer is near it
_ANY, _RAW = 47, -15  # what zlib calls gzip or zlib, whichever it is, and deflate without a head
_KNOWN = {"gzip": (_ANY,), "x-gzip": (_ANY,), "deflate": (_ANY, _RAW)}


class UnknownCodingError(ValueError):
    """A coding that nobody here can undo."""


def decoded(body: bytes, codings: str) -> bytes:
    """Return the body without its codings, the last one first; it is cut where it is too long.

    Raises `UnknownCodingError`, and `ValueError` where the body is not what the header says.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    for coding in reversed([name for name in names if name not in {"", "identity"}]):  # identity is none
        if coding not in _KNOWN:
            raise UnknownCodingError(coding)
        body = _inflated(body, _KNOWN[coding], coding)
    return body


def _inflated(body: bytes, ways: tuple[int, ...], coding: str) -> bytes:
    for way in ways:
        packed = zlib.decompressobj(way)
        try:
            text = packed.decompress(body, MOST_BYTES)
        except zlib.error:
            continue
        if packed.eof or packed.unconsumed_tail:
            return text
    raise ValueError(f"a body that is no {coding}, though Content-Encoding says so")
