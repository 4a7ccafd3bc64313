"""A transport without a socket: what a connection does to its client, seen at any instant without waiting for it."""

import asyncio
from typing import Any

from covermock.mock_server import Answer, Mock, Request, Settings
from covermock.mock_server.limits import Limits
from covermock.mock_server.server.http1 import Connection, Shared

from .fakes import NOON

HIGH_WATER = 65_536  # bytes, as asyncio has it


class Line(asyncio.Transport):
    """What a client has sent and read. `reads` tells whether it takes what is written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.unread = 0
        self.reads = True
        self.paused = self.finished = self.aborted = self.closed = False
        self.client: Connection

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait for the client."""
        return self.unread

    def write(self, data: Any) -> None:
        """Take what is written; a client that doesn't read clogs the line."""
        self.written += data
        if not self.reads:
            before, self.unread = self.unread, self.unread + len(data)
            if before <= HIGH_WATER < self.unread:
                self.client.pause_writing()

    def read(self, count: int) -> None:
        """Let the client read some of what waits for it."""
        before, self.unread = self.unread, self.unread - count
        if before > HIGH_WATER // 4 >= self.unread:
            self.client.resume_writing()

    def pause_reading(self) -> None:
        """Read no more from the client."""
        self.paused = True

    def resume_reading(self) -> None:
        """Read again."""
        self.paused = False

    def write_eof(self) -> None:
        """Send no more."""
        self.finished = True

    def can_write_eof(self) -> bool:
        """Return True: TCP can."""
        return True

    def is_closing(self) -> bool:
        """Return True once the connection is closed."""
        return self.closed

    def close(self) -> None:
        """Close the connection."""
        self.closed = True

    def abort(self) -> None:
        """Reset the connection."""
        self.closed = self.aborted = True


class Lines:
    """Connections of one server whose clients are lines; `asked` are the requests that came. Use it in a loop."""

    def __init__(self, **limits: Any) -> None:
        self.limits = Limits(**limits)
        self.asked: list[Request] = []
        self.held: list[Connection] = []
        self.answer: Answer | None = Answer(200, b"ok")
        self.shared = Shared(Mock(Settings(limits=self.limits), NOON), self._respond, self.limits)

    def _respond(self, request: Request, client: Connection) -> None:
        self.asked.append(request)
        if self.answer is None:
            self.held.append(client)
        else:
            client.reply(self.answer)

    def open(self) -> Line:
        """Return the line of a new client."""
        line, client = Line(), Connection(self.shared)
        line.client = client
        client.connection_made(line)
        return line
