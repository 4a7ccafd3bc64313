"""A client whose answer comes later, and is noted then."""

from collections.abc import Callable
from typing import NamedTuple

from ..http.messages import Answer, Request
from .pending import Client

Note = Callable[[Request, Answer, float], None]


class Noted(NamedTuple):
    """Passes everything on to `client`, and tells `note` of its answer to the request that began at that instant."""

    client: Client
    request: Request
    began: float
    note: Note

    @property
    def full(self) -> bool:
        """Return True if the client reads more slowly than the body goes on."""
        return self.client.full

    def hold(self, drop: Callable[[], None]) -> None:
        """Call `drop` if the client goes before the end of its answer."""
        self.client.hold(drop)

    def reply(self, answer: Answer) -> None:
        """Send the answer."""
        self.client.reply(answer)
        self.note(self.request, answer, self.began)

    def more(self, piece: bytes | None) -> bool:
        """Send a piece of the body, or end it; return True if the client is still there."""
        return self.client.more(piece)
