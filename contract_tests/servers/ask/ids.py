"""Ids that are nearly those that the gateway knows: another character, a part, another case, another spelling."""

import re
from collections.abc import Iterator

_SHORTEST = 6  # characters of an id that is varied: shorter ones may all be somebody's
_HEX = "abcdef"
_COUNTED = re.compile(r"\D+\d{1,9}")  # a counter: what is one digit shorter may be older
_CASELESS = re.compile(
    r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{24,}|[0-9a-hjkmnp-tv-z]{26}", re.IGNORECASE
)


def near_ids(known: str) -> Iterator[tuple[str, str]]:
    """Yield (how it differs, an id that nobody has) for an id that is known.

    A number is left alone, since its neighbours may be somebody's; so is the one that an id ends with. The letters of
    a UUID, of another number in base 16, and of a ULID may be of either case.
    """
    if len(known) < _SHORTEST or not any(char.isalpha() for char in known):
        return
    yield "with one character changed", _changed(known)
    yield "cut short", known.rstrip("0123456789") if _COUNTED.fullmatch(known) else known[:-1]
    yield "with more behind it", f"{known}x"
    yield from (
        ("in another case", one) for one in (known.swapcase(),) if one != known and not _CASELESS.fullmatch(known)
    )
    yield from (("in another spelling", one) for one in (_spelled(known),) if one != known)


def _changed(known: str) -> str:
    """Return the id with another letter of its kind: the one in the middle, or the last before it."""
    places = [number for number, char in enumerate(known) if char.isalpha()]
    at = max((one for one in places if one <= len(known) // 2), default=places[0])
    letters = _HEX if known[at].lower() in _HEX else "ghijklmnopqrstuvwxyz"
    other = letters[(letters.index(known[at].lower()) + 1) % len(letters)] if known[at].lower() in letters else "q"
    return f"{known[:at]}{other.upper() if known[at].isupper() else other}{known[at + 1 :]}"


def _spelled(known: str) -> str:
    """Return the id with other signs between its parts; one is put in where it has none."""
    if re.search(r"[-_]", known):
        return known.translate(str.maketrans("-_", "_-"))
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "-", known, count=1)
