"""One connection to Redis, used by one thread at a time: short timeouts, and a clear word while it is unreachable."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha1
from threading import RLock
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError, ResponseError
from redis.retry import Retry

from ....http.errors import UNAVAILABLE, Refusal
from .probe import Probe
from .reasons import reason_and_remedy

SECONDS: Final = 2.0  # how long to wait for Redis: to connect, and for each answer
_SLOW: Final = 0.25  # seconds; an answer that took longer counts as a debt, of which half a second is paid in each
_DEBT: Final = 3.0  # seconds of debt with which Redis counts as unreachable, until half of it is paid
Word = bytes | str | int | float


class StoreUnreachableError(Refusal):
    """The store can't be reached: an answer that is due (503), wherever it is met. `remedy` is for who runs it."""

    def __init__(self, reason: object) -> None:
        self.reason: object = reason.reason if isinstance(reason, StoreUnreachableError) else reason
        received, self.remedy = reason_and_remedy(self.reason)
        super().__init__(UNAVAILABLE, received=received)


class Link:
    """A connection to the Redis at `url`. `connected` is called with each new one. Nothing is ever sent twice.

    The first connection is made at once; once that has broken, a thread makes the next one, and `open` takes it.
    While `pinned` none is taken: what a step has read through one connection it must not write through another.
    `trips` counts round trips.
    """

    def __init__(self, url: str, connected: Callable[[], None]) -> None:
        self._new = _connections(url)
        self._connected = connected
        self._connection: Any = None
        self._lock = RLock()
        self._probe: Probe | None = None
        self._debt, self._since = 0.0, time.monotonic()
        self._resting = False
        self._digests: dict[str, str] = {}
        self.pinned = False
        self.trips = 0

    @property
    def back(self) -> bool:
        """Return True if a new connection waits to be taken."""
        return self._probe is not None and self._probe.found is not None

    def script(self, text: str, *words: Word) -> Any:
        """Return what the script answers. Raises `StoreUnreachableError`."""
        try:
            return self.command("EVALSHA", self._digest(text), 0, *words)
        except NoScriptError:
            return self.command("EVAL", text, 0, *words)

    def scripts(self, text: str, rows: Sequence[Sequence[Word]]) -> list[Any]:
        """Return what the script answers to each row of words, sent at once. Raises `StoreUnreachableError`.

        That may stand in the place of an answer, too.
        """
        answers = self.ask_each([("EVALSHA", self._digest(text), 0, *words) for words in rows])
        unknown = [n for n, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            again = self.ask_each([("EVAL", text, 0, *rows[n]) for n in unknown])
            for n, answer in zip(unknown, again, strict=True):
                answers[n] = answer
        return answers

    def _digest(self, text: str) -> str:
        digest = self._digests.get(text)
        if digest is None:
            digest = self._digests[text] = sha1(text.encode(), usedforsecurity=False).hexdigest()
        return digest

    def command(self, *words: Word) -> Any:
        """Return what the command answers. Raises `StoreUnreachableError`."""
        with self._lock:
            if self._connection is None and not self.pinned:
                self.open()
            return self.ask(*words)

    def ask(self, *words: Word) -> Any:
        """Return what the command answers, through the connection that there is. Raises `StoreUnreachableError`."""
        answer = self.ask_each([words])[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask_each(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Send commands at once; return the answer to each, or the error that stands in its place.

        Raises `StoreUnreachableError` where none was sent.
        """
        answers: list[Any] = []
        with self._lock:
            if self._connection is None:
                raise StoreUnreachableError(self._probe.reason if self._probe else "no connection")
            self._refuse_while_slow()
            # Before anything is sent: words that can't be bytes are an error of their own, and break no connection.
            packed = b"".join(piece for words in commands for piece in self._connection.pack_command(*words))
            try:
                self._send(packed, len(commands), answers)
            except (RedisError, OSError) as error:
                self._lose(error)
                answers += [StoreUnreachableError(error)] * (len(commands) - len(answers))
            except BaseException as error:  # an answer may be under way that nobody will read
                self._lose(error)
                raise
        return answers

    def open(self) -> None:
        """Make sure that there is a connection. Raises `StoreUnreachableError`, at once if the last one has broken."""
        with self._lock:
            if self._connection is not None:
                return
            if self._probe is not None and self._probe.found is None:
                raise StoreUnreachableError(self._probe.reason)
            try:
                self._connection = self._probe.found if self._probe else _connection(self._new)
                self._probe = None
                self._connected()
            except (RedisError, OSError) as error:
                self._lose(error)
                raise StoreUnreachableError(error) from None
            except BaseException as error:
                self._lose(error)
                raise

    def close(self) -> None:
        """Let go of the connection; the next command makes a new one, at once."""
        with self._lock:
            self._drop()
            if self._probe is not None:
                self._probe.stop()
                self._probe = None

    def _send(self, packed: bytes, count: int, answers: list[Any]) -> None:
        began = time.monotonic()
        self.trips += 1
        try:
            self._connection.send_packed_command([packed], check_health=False)
            while len(answers) < count:
                answers.append(self._read())
        finally:
            taken = time.monotonic() - began
            if taken > _SLOW:
                self._note_slow(min(taken, SECONDS))

    def _read(self) -> Any:
        """Return the next answer, or what the command's own error means."""
        try:
            return self._connection.read_response()
        except ReadOnlyError:  # what was the primary isn't any more: look for the new one
            raise
        except NoScriptError as error:
            return error
        except ResponseError as error:
            return StoreUnreachableError(error)

    def _note_slow(self, taken: float) -> None:
        self._debt = self._debt_now() + taken
        self._resting = self._debt > _DEBT

    def _debt_now(self) -> float:
        """Return what is left of the debt now."""
        now = time.monotonic()
        self._debt, self._since = max(self._debt - (now - self._since) / 2, 0.0), now
        return self._debt

    def _refuse_while_slow(self) -> None:
        if self._resting:
            self._resting = self._debt_now() > _DEBT / 2
        if self._resting:
            raise StoreUnreachableError(f"answers that take more than {_SLOW:g} s, one after the other")

    def _lose(self, reason: object) -> None:
        self._drop()
        if self._probe is not None:
            self._probe.stop()
        self._probe = Probe(partial(_connection, self._new), reason)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()


def complaint(url: str) -> str:
    """Return what redis-py doesn't accept in a URL, or nothing."""
    try:
        _connections(url)()
    except (ValueError, TypeError) as error:  # its words name the setting, and never its value
        return f"a setting that isn't understood ({error})"
    return ""


def _connections(url: str) -> Callable[[], Any]:
    """Return what makes a connection that is not open yet. Raises `ValueError` for an invalid URL."""
    pool = redis.ConnectionPool.from_url(
        url, protocol=2, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0)
    )
    return lambda: pool.connection_class(**pool.connection_kwargs)


def _connection(new: Callable[[], Any]) -> Any:
    """Return a connection to a Redis that answers. Raises `RedisError` or `OSError`."""
    connection = new()
    try:
        connection.connect()
        connection.send_command("PING", check_health=False)
        connection.read_response()
    except BaseException:
        connection.disconnect()
        raise
    return connection
