"""Waiting for answers with a thread that nobody else needs: what Flask's adapter and in-process transports do."""

import time
from collections.abc import Callable, Iterator

from ..http.messages import Answer, Request, Stream
from ..mock import Mock
from ..real_time import wall as real_wall

_TICK = 0.002  # seconds between two looks


def _nothing() -> None:
    """Do nothing."""


def wait_for_answer(
    mock: Mock, request: Request, wall: Callable[[], float] = real_wall, stirred: Callable[[], None] = _nothing
) -> Answer:
    """Return the mock's answer, once it is due. `stirred` is called when webhooks may have become due."""
    answer = mock.answer(request, wall())
    if mock.stirred:
        stirred()
    while answer.hold is not None:
        time.sleep(_TICK)
        answer = mock.look(answer.hold, wall()) or answer
    return answer


def pieces(mock: Mock, stream: Stream, wall: Callable[[], float] = real_wall) -> Iterator[bytes]:
    """Yield a body that goes on, piece by piece as they come, until its end."""
    while (piece := mock.piece(stream, wall())) is not None:
        if piece:
            yield piece
        time.sleep(_TICK)
        mock.look(stream, wall())
