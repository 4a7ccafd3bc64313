"""Nearest valid names, for every message that refuses a name. Depends on nothing."""

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 12


def nearest(name: str, valid: Iterable[str]) -> str:
    """Say what could have been meant by `name`: a remedy that names the closest of `valid`, or all of them."""
    names = sorted(set(valid))
    folded = {known.lower(): known for known in names}
    close = [folded[match] for match in get_close_matches(name.lower(), folded, n=3, cutoff=0.6)]
    if close:
        return f"did you mean {' or '.join(repr(match) for match in close)}?"
    if not names:
        return "none is known"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"known: {', '.join(names[:_SHOWN])}{more}"
