"""Free memory goes back to the system: the C library keeps what is freed in the midst of its heap, else for ever.

Measured in docs/decisions/2026-11-21-free-memory.md.
"""

import sys
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    """Return glibc's `malloc_trim`, or None with another C library."""
    if sys.platform != "linux":
        return None
    import ctypes

    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return trim


def give_back() -> None:
    """Give back what is free. Takes some milliseconds for each 100 MB, in which other threads go on."""
    trim = _trim()
    if trim is not None:
        trim(0)
