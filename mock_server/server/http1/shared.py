"""What the connections of a server share: the mock, the limits, and what there is of both for all of them together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...http.messages import Answer, Request
from ...limits import Limits
from ...mock import Mock
from ...real_time import CLOCKS
from ..notices import Notices
from .body import Stock
from .connection import Connection
from .encode import encode_answer
from .head import CLOSE
from .packets import Heads

_AT_ONCE = 0.002  # seconds for which connections are looked at before others have their turn

Respond = Callable[[Request, Connection], None]
Note = Callable[[Request, Answer, float], None]


def _nothing() -> None:
    """Do nothing."""


@dataclass(slots=True, eq=False)
class Shared:
    """`mock` may be exchanged; `respond` gets each request; `leave` is called by each connection that ends.

    `note`, if there is one, is told of each exchange: the request, its answer, and the wall instant when it began.
    """

    mock: Mock
    respond: Respond
    limits: Limits = field(default_factory=Limits)
    notices: Notices = field(default_factory=Notices)
    leave: Callable[[], None] = _nothing
    note: Note | None = None
    connections: set[Connection] = field(default_factory=set)
    heads: Heads = field(init=False)
    stock: Stock = field(init=False)

    def __post_init__(self) -> None:
        """Make room for bodies, and for heads that come again."""
        self.heads = Heads(self.limits.head_bytes)
        self.stock = Stock(self.limits.bodies_bytes)

    def body_limit(self, path: str) -> int:
        return self.mock.body_limit(path)

    def malformed_answer(self, received: str) -> Answer:
        began = CLOCKS.wall()
        answer = self.mock.malformed_answer(received, began)
        if self.note is not None:
            self.note(Request("?", "what is no HTTP"), answer, began)
        return answer

    def limit_answer(self, name: str, path: str = "") -> Answer:
        """Return what a request gets that would be more than a limit allows, and let the log say so."""
        self.notices.say(name, f"the limit {name}={getattr(self.limits, name)} is reached, more gets 503")
        return self.mock.limit_answer(path, name, getattr(self.limits, name))

    def refusal(self, most: int) -> bytes:
        """Return the bytes that a connection gets which is one too many."""
        return encode_answer(self.mock.limit_answer("", "connections", most), head=False, connection=CLOSE)

    def look(self, now: float) -> None:
        """End what takes too long, and the longest of answers that nobody reads where there are too many of them."""
        for _ in self.looks(lambda: now):
            pass

    def looks(self, clock: Callable[[], float]) -> Iterator[None]:
        """Look at connections for a moment at a time, and yield, so that thousands of them make nobody wait."""
        waiting: dict[Connection, int] = {}
        until = clock() + _AT_ONCE
        for connection in list(self.connections):
            if clock() >= until:
                yield
                until = clock() + _AT_ONCE
            unread = connection.look(clock())
            if unread:
                waiting[connection] = unread
        over = sum(waiting.values()) - self.limits.unread_bytes
        while over > 0:
            worst = max(waiting, key=lambda one: waiting[one])
            over -= waiting.pop(worst)
            self.notices.say("unread_bytes", f"{self.limits.unread_bytes} bytes of answers wait to be read, one ended")
            worst.abort()
