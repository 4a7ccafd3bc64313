"""Answers that wait, and streams: looked at when another process has done something, by the time that all tell."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...http.messages import Answer, Hold, Stream
from .connection.times import SharedTime

Look = Callable[[float], Any]


def watch(answer: Answer, time: SharedTime, fresh: Callable[[Look], Look], version: Callable[[], int]) -> Answer:
    """Return the answer, whose looks `fresh` brings up to date, and which are due whenever `version` has changed."""

    def on(what: Any) -> Any:
        again = lambda wall: what.again(wall + time.ahead) - time.ahead  # noqa: E731 - Redis's time is told inside
        return what and replace(what, look=fresh(what.look), again=again, version=version)

    hold: Hold | None = on(answer.hold)
    stream: Stream | None = on(answer.stream)
    if stream:
        piece = stream.piece
        stream.piece = lambda wall, *, full=False: piece(wall + time.ahead, full=full)
    return replace(answer, hold=hold, stream=stream)
