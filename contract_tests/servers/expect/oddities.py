"""What the contract leaves open about texts and JSON: such values are sent, and hardly judged."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from math import isinf
from typing import Any

LONG = 5200  # characters; no length is documented, and far longer texts are open
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{2,5})?(/[!-~]*)?")
_PLAIN_ID = re.compile(r"[A-Za-z0-9._~:/+=-]+")
_LONG_ID = 200  # characters
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]")
_ANY_URL = re.compile(r"[hH][tT][tT][pP][sS]?://[^/?#\s]+")


def is_open(value: object, words: Iterable[str]) -> bool:
    """Return True if a value is one of those that the words of an x-open leave open."""
    return isinstance(value, str) and any(WORDS[word](value) for word in words)


def odd_text(value: str) -> bool:
    """Return True if a text is blank, very long, or has control characters, surrogates or stray blanks."""
    if not value:
        return False
    return not value.strip() or value != value.strip() or len(value) > LONG or any(_odd(char) for char in value)


def is_strange_id(text: str) -> bool:
    """Return True if an id has a form that a gateway, or a firewall before it, may refuse without a look."""
    return not _PLAIN_ID.fullmatch(text) or ".." in text or len(text) > _LONG_ID


def has_broken_escape(query: str) -> bool:
    """Return True if a query has a percent sign that escapes nothing."""
    return bool(_BROKEN_ESCAPE.search(query))


def _odd(char: str) -> bool:
    code = ord(char)
    return (code < 0x20 and char not in "\n\t") or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code == 0xFFFD


def odd_url(text: str) -> bool:
    """Return True if nobody can say for sure whether a text is an http(s) URL."""
    return not _PLAIN_URL.fullmatch(text) and bool(not text.strip() or _ANY_URL.match(text.strip()))


WORDS: Mapping[str, Callable[[str], bool]] = {
    "empty": lambda text: not text,
    "odd": odd_text,
    "odd-url": odd_url,
}


def depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        inner: list[Any] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        deepest += 1
        level = inner
    return deepest


def has_half_surrogates(text: str) -> bool:
    """Return True if a JSON text escapes one half of a pair of surrogates, which UTF-8 can't carry."""
    return bool(_SURROGATE.search(_PAIR.sub("", text)))


def has_infinity(value: Any) -> bool:
    """Return True if a JSON value has a number that is too large for a double."""
    if isinstance(value, float):
        return isinf(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(has_infinity, inner))


def repeats_keys(text: str) -> bool:
    found: list[bool] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        found.append(len({name for name, _ in pairs}) < len(pairs))

    json.loads(text, object_pairs_hook=look)
    return any(found)
