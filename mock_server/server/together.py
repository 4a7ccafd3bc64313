"""Requests that come in one turn of the event loop: answered in one step of a store that is far away."""

import asyncio
from collections.abc import Callable

from ..http.messages import Answer, Request
from ..mock import Mock
from ..real_time import CLOCKS
from .http1 import Connection

MOST = 32  # requests of one step: more would let Redis, and so everybody, wait for milliseconds

Deliver = Callable[[Request, Connection, Answer, float], None]


class Together:
    """Collects requests of the gateway, and answers them as soon as all that has come is read.

    `deliver` gets each answer, with the wall instant at which its request had come.
    """

    def __init__(self, mock: Callable[[], Mock], deliver: Deliver) -> None:
        self._mock = mock
        self._deliver = deliver
        self._coming: list[tuple[Request, Connection, float]] = []

    def add(self, request: Request, client: Connection) -> None:
        """Answer a request with all those that come in the same turn."""
        if not self._coming:
            asyncio.get_running_loop().call_soon(self._answer)
        self._coming.append((request, client, CLOCKS.wall()))

    def _answer(self) -> None:
        some, self._coming = self._coming[:MOST], self._coming[MOST:]
        if self._coming:
            asyncio.get_running_loop().call_soon(self._answer)
        requests = [request for request, _, _ in some]
        for (request, client, began), answer in zip(some, self._answers(requests), strict=True):
            try:
                self._deliver(request, client, answer, began)
            except Exception as crash:  # noqa: BLE001 - one that can't be delivered keeps no answer from the others
                self._mock().crash_answer(request, crash)
                client.abort()

    def _answers(self, requests: list[Request]) -> list[Answer]:
        mock = self._mock()
        try:
            return mock.answer_each(requests, CLOCKS.wall())
        except Exception as crash:  # noqa: BLE001 - the last line of defence: a request is never left unanswered
            return [mock.crash_answer(request, crash) for request in requests]
