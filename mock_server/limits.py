"""The bounds of a server that is left running: one table of all that a stranger could make grow. Pure values."""

import math
from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, field, fields
from typing import Any


def _limit(default: float, unit: str, says: str, least: float = 1) -> Any:
    return field(default=default, metadata={"unit": unit, "says": says, "least": least})


@dataclass(frozen=True, slots=True)
class Limits:
    """Each field is a limit: its default, its unit, what it bounds, and what happens beyond it."""

    connections: int = _limit(
        0,
        "open connections",
        "Open client connections of a process; the next gets 503. 0: what `ulimit -Hn` leaves.",
        0,
    )
    head_bytes: int = _limit(65_536, "bytes", "Request line and headers; beyond: 400.", 256)
    trailer_bytes: int = _limit(8_192, "bytes", "Trailers of a chunked body; beyond: 400.", 0)
    head_seconds: float = _limit(30.0, "seconds", "Time for a whole head, and for trailers; then 400.")
    body_rate: int = _limit(1_024, "bytes/s", "Least mean rate of a body after head_seconds; below: 400.")
    bodies_bytes: int = _limit(
        268_435_456, "bytes of bodies under way", "All bodies under way together; the next that grows gets 503."
    )
    read_seconds: float = _limit(30.0, "seconds", "Time to read any of an answer; then the connection ends.")
    unread_bytes: int = _limit(268_435_456, "bytes", "All answers that wait to be read; beyond, the longest ends.")
    idle_seconds: float = _limit(75.0, "seconds", "Time between two requests; then the connection ends.")
    journal_bytes: int = _limit(
        33_554_432, "bytes", "Heads, bodies and answers that each journal keeps; the oldest go."
    )
    worlds: int = _limit(10_000, "worlds", "Worlds at a time; the next is refused.")
    world_text_bytes: int = _limit(
        16_777_216, "bytes", "Text of a world that comes in, and a quarter of what its export may have; beyond: 413."
    )
    accounts: int = _limit(100_000, "accounts", "Accounts of a world; a world with more is refused.")
    sources: int = _limit(1_000_000, "sources", "Sources of a world, such as audio files; the next is refused.")
    faults: int = _limit(1_000, "faults", "Faults of a world; the next is refused.")
    tasks: int = _limit(1_000_000, "tasks", "Tasks of a world; the next is refused.")
    waits: int = _limit(10_000, "waits and event streams", "Waits and event streams under way; the next gets 503.")
    webhooks: int = _limit(256, "webhooks", "Webhooks under way; a world has at most as many as are free, others wait.")


def parse_limits(pairs: Iterable[str]) -> Limits:
    """Return the limits with those `NAME=VALUE` in the place of defaults. Raises `ValueError`, ready to be shown."""
    return Limits(**dict(map(_pair, pairs)))


def table() -> list[tuple[str, str]]:
    """Return (name=default, what it bounds) of each limit, for people."""
    known = _fields()
    return [
        (f"{one.name}={_default_text(one.default)}", f"{one.metadata['says']} [{one.metadata['unit']}]")
        for one in known
    ]


def unit_of(name: str) -> str:
    """Return what the values of a limit count, in the words of a message."""
    return str(next(one.metadata["unit"] for one in _fields() if one.name == name))


def _fields() -> "tuple[Field[Any], ...]":
    return fields(Limits)


def _default_text(default: object) -> str:
    return str(default).removesuffix(".0")


def _pair(pair: str) -> tuple[str, Any]:
    """Return the name and the value of a limit. Raises `ValueError`."""
    name, equals, text = (part.strip() for part in pair.partition("="))
    known = {one.name: one for one in _fields()}
    if not equals:
        raise ValueError(f"expected NAME=VALUE, received {pair!r}; for example head_seconds=30")
    name = "sources" if name == "audio" else name  # its name while audio was the only kind
    if name not in known:
        from covermock.openapi.names import nearest  # its package is heavy, and help must show at once

        raise ValueError(f"expected the name of a limit, received {name!r}; {nearest(name, known)}")
    kind, about = int if isinstance(known[name].default, int) else float, known[name].metadata
    value = _number(text, kind)
    if value is None or value < about["least"]:
        number = "a whole number" if kind is int else "a number"
        problem = f"expected {number} of {about['unit']}, at least {about['least']}, for {name}"
        raise ValueError(f"{problem}, received {text!r}")
    return name, value


def _number(text: str, kind: Callable[[str], float]) -> float | None:
    try:
        value = kind(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
