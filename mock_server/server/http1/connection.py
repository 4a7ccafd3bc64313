"""One client connection on an asyncio transport: one request at a time, and an end to all that takes too long."""

import asyncio
import select
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ...http.messages import Answer, Request, Wire
from . import spoil
from .body import CrowdedError
from .encode import encode_answer
from .head import CLOSE, KEEP, MalformedError
from .reader import Reader

if TYPE_CHECKING:
    from .shared import Shared

STREAM_BUFFER = 262_144  # bytes that wait for a client to read them, after which a stream waits for it
_BUFFER = 65_536  # bytes of further requests that may wait while one is being answered
_PACKET = 65_536  # bytes that are received at a time: thousands of tiny chunks must make nobody wait
_TURN = 4  # requests of a connection that are answered before other connections have their turn
_GRACE = 0.5  # seconds that a client which sends no more gets for an answer that is being held back
_LINGER = 1.0  # seconds in which further bytes are read and dropped: unread ones would reset the last answer
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HUNG_UP = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR


class Connection(asyncio.Protocol):
    """One client. Each request goes to `respond`, which calls `reply` now or later; then the next one has its turn."""

    def __init__(self, shared: "Shared") -> None:
        self._shared = shared
        self._heads = shared.heads
        self._respond = shared.respond
        self._reader = Reader(shared.heads, shared.limits, shared.body_limit, shared.stock)
        self._busy = False  # a request is being answered
        self._clogged = False  # the client reads more slowly than it is answered
        self._in_turn = False  # `_go_on` is at work
        self._eof = False  # the client sends no more
        self._ended = False  # the last answer has been written
        self._reading = True
        self._streaming = False
        self._drop: Callable[[], None] | None = None  # to be called if the client goes while its answer is held back
        self._phase = ""
        self._since = 0.0  # when the phase began: of a request that comes, of being idle, of the end
        self._replied = False  # an answer was written since the last look: being idle begins then
        self._unread = 0
        self._read = 0.0  # when the client has last read some of what was written

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's doesn't inherit from asyncio's
        self._transport.max_size = _PACKET  # type: ignore[attr-defined]  # asyncio's; others read as they like
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._shared.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Forget the connection, and what is held back for it."""
        self._shared.connections.discard(self)
        self._shared.leave()
        # asyncio's transport refers to itself by this, and so would stay until everything is looked at for garbage.
        getattr(self._transport, "__dict__", {}).pop("_read_ready_cb", None)
        self._ended = True
        self._reader.end()
        if self._drop is not None:
            self._drop()

    def data_received(self, data: bytes) -> None:
        """Answer a request that is known, else read."""
        if self._reader.clean and not (self._busy or self._clogged or self._ended):
            known = self._heads.request(data)
            if known is not None:
                self._begin(known, KEEP)
                return
        if not self._ended:
            self._reader.feed(data)
            self._go_on()

    def eof_received(self) -> bool:
        """Answer all that came; a client that waits for what isn't due yet is taken to be gone."""
        self._eof = True
        if self._ended or self._streaming:
            return False
        if self._drop is not None:
            self._loop.call_later(_GRACE, self._leave)
        self._go_on()
        return True

    def _leave(self) -> None:
        if self._drop is not None:
            self._transport.abort()

    def pause_writing(self) -> None:
        """Answer no more until the client has read."""
        self._clogged = True

    def resume_writing(self) -> None:
        self._clogged = False
        self._go_on()

    # Requests, one after the other.

    def _go_on(self) -> None:
        """Answer what has come whole, some requests at a time, and see what is to come."""
        if self._in_turn:
            return  # called by an answer that came at once: the loop below goes on, and the stack stays flat
        self._in_turn = True
        try:
            turns = 0
            while turns < _TURN and self._take():
                turns += 1
        except MalformedError as error:
            self._refuse(str(error))
        except CrowdedError:
            self._end_with(self._shared.limit_answer("bodies_bytes"))
        finally:
            self._in_turn = False
        if turns == _TURN:
            self._loop.call_soon(self._go_on)
        if not (self._reader.clean and self._reading):
            self._throttle()

    def _take(self) -> bool:
        """Begin with the next request if it is whole and has its turn; else note what is missing, and return False."""
        if self._busy or self._clogged or self._ended or (self._reader.clean and not self._eof):
            return False
        taken = self._reader.take()
        if taken is not None:
            self._phase = ""
            self._begin(*taken)
            return True
        if self._reader.expects:
            self._reader.expects = False
            self._transport.write(_CONTINUE)
            return True
        if self._reader.phase != self._phase:
            self._phase, self._since = self._reader.phase, self._loop.time()
        if self._eof:
            self._refuse(f"the end of it in its {self._phase}") if self._reader.begun else self._end()
        return False

    def _begin(self, request: Request, connection: str) -> None:
        self._busy = True
        self._is_head = request.method == "HEAD"
        self._connection = connection
        self._respond(request, self)

    def _throttle(self) -> None:
        """Read only as much ahead as there is room for."""
        room = self._reader.waiting <= _BUFFER or self._ended
        if room != self._reading and not self._transport.is_closing():
            self._reading = room
            self._transport.resume_reading() if room else self._transport.pause_reading()

    # Answers.

    def hold(self, drop: Callable[[], None]) -> None:
        """Know that the answer is being held back; `drop` is called if the client goes before."""
        if self._transport.is_closing():
            drop()
            return
        self._drop = drop
        if self._eof:
            self._loop.call_later(_GRACE, self._leave)

    def reply(self, answer: Answer) -> None:
        """Write the answer of the request that is being answered; there is never more than one."""
        transport, connection = self._transport, self._connection
        self._busy, self._drop, self._replied = False, None, True
        if self._ended:
            return
        if answer.wire is not None:
            self._spoil(answer, answer.wire)
            return
        transport.write(encode_answer(answer, head=self._is_head, connection=connection))
        if answer.stream is not None and not self._is_head:
            self._busy = self._streaming = True  # what follows comes through `more`
        elif answer.stream is not None or connection == CLOSE:
            self._end()
        elif self._eof or not self._reader.clean:
            self._go_on()

    @property
    def full(self) -> bool:
        """Return True if the client reads more slowly than a stream goes on."""
        return self._transport.get_write_buffer_size() > STREAM_BUFFER

    def more(self, piece: bytes | None) -> bool:
        """Write a piece of a body that goes on, or end it; return True if the client is still there."""
        if piece is None:
            self._drop = None
            self._transport.abort() if self.full else self._end()
        elif piece and not self._transport.is_closing():
            self._transport.write(piece)
        return not self._transport.is_closing()

    def _spoil(self, answer: Answer, wire: Wire) -> None:
        """Let the bytes of an answer go wrong, and end the connection with them."""
        whole = encode_answer(answer, head=self._is_head, connection=CLOSE)
        begun = spoil.start(whole, answer, wire)
        if wire.kind == "reset":
            spoil.reset(self._transport)
        elif wire.kind == "drip":
            self._busy = True
            self.hold(lambda: None)
            self._transport.write(begun)
            spoil.drip(self._transport, whole[len(begun) :], wire.seconds, self._end)
        else:
            self._transport.write(begun)
            self._end()

    # The end.

    def _refuse(self, received: str) -> None:
        """Answer what is no HTTP; nothing that follows can be understood."""
        self._end_with(self._shared.malformed_answer(received))

    def _end_with(self, answer: Answer) -> None:
        if not self._transport.is_closing():
            self._transport.write(encode_answer(answer, head=False, connection=CLOSE))
            self._end()

    def _end(self) -> None:
        """Send no more, and read on for a moment: closing with bytes unread would take back the last answer."""
        self._ended, self._busy, self._drop, self._replied = True, False, None, False
        self._since = self._loop.time()
        self._reader.end()
        self._throttle()
        if self._eof:
            self._transport.close()
            return
        try:
            self._transport.write_eof()
        except OSError:  # the client has reset the connection
            self._transport.abort()

    @property
    def idle(self) -> bool:
        """Return True if nothing is being answered."""
        return not self._busy and not self._transport.get_write_buffer_size()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        """Close at once, and forget what was written."""
        self._transport.abort()

    def look(self, now: float) -> int:
        """End what takes too long; return how many bytes wait for the client to read them."""
        unread = self._transport.get_write_buffer_size()
        if self._replied and not self._phase:
            self._since = now
        self._replied = False
        if unread:
            self._look_at_client(now, unread)
        elif self._busy:
            if self._drop is not None and not self._reading and self._hung_up():
                self._transport.abort()
        elif now - self._since > self._patience():
            self._give_up()
        self._unread = unread
        return unread

    def _look_at_client(self, now: float, unread: int) -> None:
        if not self._unread or unread < self._unread or (self._streaming and unread <= STREAM_BUFFER):
            self._read = now
        elif now - self._read > self._shared.limits.read_seconds:
            self._transport.abort()

    def _patience(self) -> float:
        """Return the seconds that what is going on may take."""
        limits = self._shared.limits
        if self._ended:
            return _LINGER
        if self._phase == "body":
            return limits.head_seconds + self._reader.body_seen / limits.body_rate
        return limits.head_seconds if self._phase else limits.idle_seconds

    def _give_up(self) -> None:
        if self._ended:
            self._transport.abort()
        elif self._reader.begun:
            self._refuse(f"no more of its {self._phase} in time")
        else:
            self._end()

    def _hung_up(self) -> bool:
        """Return True if the client is gone, which nobody notices by itself while nothing is read."""
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), _HUNG_UP)
        return bool(poll.poll(0))
