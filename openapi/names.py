"""Nearest valid names, for every message that refuses a name, and names that come twice. Depends on nothing."""

from collections.abc import Iterable, Sized
from difflib import get_close_matches
from itertools import islice

_SHOWN = 12
# What is compared is bounded, since similarity costs the square of a name's length for each name.
_COMPARED = 200  # names
_LONGEST = 64  # characters


def nearest(name: str, valid: Iterable[str]) -> str:
    """Say what could have been meant by `name`: a remedy that names the closest of `valid`, or some of them.

    Of very many names, or very long ones, not all are compared.
    """
    names = sorted(set(islice(valid, _COMPARED)))
    close = _closest(name, names)
    if close:
        return f"did you mean {' or '.join(repr(match) for match in close)}?"
    if not names:
        return "none is known"
    count = len(valid) if isinstance(valid, Sized) and len(names) == _COMPARED else len(names)
    more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
    return f"known: {', '.join(names[:_SHOWN])}{more}"


def _closest(name: str, names: Iterable[str]) -> list[str]:
    if len(name) > _LONGEST:
        return []
    folded = {known.lower(): known for known in names if len(known) <= _LONGEST}
    return [folded[match] for match in get_close_matches(name.lower(), folded, n=3, cutoff=0.6)]


def first_repeat(names: Iterable[str]) -> str | None:
    """Return the first name that comes a second time, or None."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
