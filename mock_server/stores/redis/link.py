"""One connection to Redis, used by one thread at a time: short timeouts, and a clear word while it is away."""

import time
from collections.abc import Callable
from hashlib import sha1
from threading import RLock
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from ...http.errors import UNAVAILABLE, Refusal

SECONDS: Final = 1.0  # how long to wait for Redis: to connect, and for each answer
_REST: Final = 0.5  # seconds without an attempt after one that failed, so that a queue of requests is not held up
Word = bytes | str | int | float


class StoreAwayError(Refusal):
    """The store can't be reached: an answer that is due (503), wherever it is met."""

    def __init__(self, reason: object) -> None:
        super().__init__(UNAVAILABLE, received=f"none ({type(reason).__name__}: {reason})")


class Link:
    """A connection to the Redis at `url`. `connected` is called with each new connection. Nothing is ever sent twice.

    `trips` counts round trips.
    """

    def __init__(self, url: str, connected: Callable[["Link"], None]) -> None:
        self._pool = redis.ConnectionPool.from_url(
            url, protocol=2, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._connected = connected
        self._connection: Any = None
        self._lock = RLock()
        self._rest_until = 0.0
        self._reason: Exception | None = None
        self._digests: dict[str, str] = {}
        self.trips = 0

    def script(self, text: str, *words: Word) -> Any:
        """Return what the script answers. Raises `StoreAwayError`."""
        digest = self._digests.get(text)
        if digest is None:
            digest = self._digests[text] = sha1(text.encode(), usedforsecurity=False).hexdigest()
        try:
            return self.command("EVALSHA", digest, 0, *words)
        except NoScriptError:
            return self.command("EVAL", text, 0, *words)

    def command(self, *words: Word) -> Any:
        """Return what the command answers. Raises `StoreAwayError`."""
        with self._lock:
            if self._reason is not None and time.monotonic() < self._rest_until:
                raise StoreAwayError(self._reason)
            try:
                return self._sent(words)
            except NoScriptError:
                raise
            except (RedisError, OSError) as error:
                self.close()
                self._reason, self._rest_until = error, time.monotonic() + _REST
                raise StoreAwayError(error) from None

    def _sent(self, words: tuple[Word, ...]) -> Any:
        if self._connection is None:
            self._connection = self._pool.get_connection()
            self._reason = None
            self._connected(self)
        self.trips += 1
        self._connection.send_command(*words, check_health=False)
        return self._connection.read_response()

    def close(self) -> None:
        """Forget the connection; the next command makes a new one."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.disconnect()
                self._pool.release(connection)
