"""Why Redis did not do what it was asked to, in words for users, and what to do about it. Pure."""

import re
from typing import Final

from ...port import UnfitStoreError

_START = "start one there, or leave --store out"
# What redis-py says (type: text), what that means, and the remedy; the first row that matches counts.
_ROWS: Final = (
    (r"^OutOfMemory|maxmemory", "a Redis that is full (maxmemory)", "raise its maxmemory, or delete worlds"),
    (r"^ReadOnly", "a Redis that takes no writes (a replica)", "name the primary"),
    (r"MISCONF", "a Redis that can't write to its disk (MISCONF)", "make room on its disk"),
    (r"LOADING", "a Redis that is still loading its data", "wait until it has"),
    (r"BUSY", "a Redis that is busy with a script of another program", "wait until it has ended"),
    (
        r"^Authentication|NOAUTH|WRONGPASS",
        "a Redis that refuses the password",
        "put the right one into COVERMOCK_STORE",
    ),
    (r"^NoPermission", "a Redis user that may not do this ({})", "allow it all commands, and the keys covermock:*"),
    (r"DB index", "a Redis without a database of that number", "take one that it has, usually 0 to 15"),
    (r"CROSSSLOT|CLUSTER|[Cc]luster|MOVED", "a Redis Cluster", "take a single Redis, or a primary with replicas"),
    (r"WRONGTYPE", "a database in which another program has keys covermock:…", "take another database number"),
    (r"^InvalidResponse|unknown command", "something else than a Redis ({})", _START),
)


def reason_and_remedy(reason: object) -> tuple[str, str]:
    """Return what was received where Redis was expected, and the remedy."""
    if isinstance(reason, UnfitStoreError):
        expected, _, remedy = str(reason).partition("; ")
        return expected.partition("received ")[2], remedy
    text = str(reason).partition("script:")[0].rstrip(" .") or "it says no more"
    named = f"{type(reason).__name__}: {text}" if isinstance(reason, BaseException) else text
    row = next((row for row in _ROWS if re.search(row[0], named)), None)
    return (row[1].format(text), row[2]) if row else (f"none ({named})", _START)
