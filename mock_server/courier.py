"""Sends webhooks: a thread with a loop of its own, so that no slow receiver holds anything that requests need."""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import deliveries
from .deliveries import SENDING, Attempt, Delivery
from .mock import Mock
from .settling import next_webhook, settle
from .worlds import World

if TYPE_CHECKING:
    import httpx

_LONGEST_NAP = 3600.0


class BlockedError(Exception):
    """An address that webhooks may not go to."""


class Courier:
    """Delivers the webhooks of a mock. `allowed` are hosts besides loopback; `wall` tells the time.

    The thread is started by the first `poke` that finds a webhook to wait for, and ends with `stop`.
    """

    def __init__(self, mock: Callable[[], Mock], allowed: Collection[str] = (), wall: Callable[[], float] = time.time):
        self._mock = mock
        self._allowed = frozenset(host.lower() for host in allowed)
        self._wall = wall
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poked: asyncio.Event | None = None
        self._starting = threading.Lock()

    def poke(self) -> None:
        """Look again at what is due: something has changed."""
        with self._starting:
            if self._thread is None:
                started = threading.Event()
                self._thread = threading.Thread(target=self._live, args=(started,), name="courier", daemon=True)
                self._thread.start()
                started.wait()
        if self._loop is not None and self._poked is not None:
            with suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(self._poked.set)

    def stop(self) -> None:
        """End the thread; what is on its way is dropped."""
        if self._thread is not None and self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._work.cancel)
            self._thread.join(5)

    def _live(self, started: threading.Event) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._run(started))

    async def _run(self, started: threading.Event) -> None:
        import httpx

        self._loop, self._poked = asyncio.get_running_loop(), asyncio.Event()
        self._work = asyncio.current_task() or asyncio.ensure_future(asyncio.sleep(0))
        self._queues: dict[World, asyncio.Lock] = {}
        started.set()
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as client:
            sending: set[asyncio.Task[None]] = set()
            while True:
                self._poked.clear()
                claimed, nap = self._claim()
                for world, delivery, body in claimed:
                    task = asyncio.ensure_future(self._send(client, world, delivery, body))
                    sending.add(task)
                    task.add_done_callback(sending.discard)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._poked.wait(), nap)

    def _claim(self) -> tuple[list[tuple[World, Delivery, bytes]], float]:
        """Take all that is due now, each once; return it with the seconds until more will be."""
        mock, wall, nap = self._mock(), self._wall(), _LONGEST_NAP
        claimed = []
        with mock.lock:
            for world in mock.store.worlds():
                now = world.clock.now(wall)
                settle(world, now)
                for delivery in deliveries.ready(world.deliveries.values(), now):
                    delivery.state = SENDING
                    claimed.append((world, delivery, mock.gateway.callback(world, delivery, now)))
                nap = min(nap, _until(world, now, wall))
        return claimed, nap

    async def _send(self, client: "httpx.AsyncClient", world: World, delivery: Delivery, body: bytes) -> None:
        """Send one webhook, in its world's order, and record what came of it."""
        async with self._queues.setdefault(world, asyncio.Lock()):
            policy = self._policy(delivery)
            try:
                problem, status = "", await self._post(client, world, delivery.url, body, policy["answer_within"])
            except BlockedError as refused:
                reason = str(refused)
                self._record(world, lambda now: deliveries.blocked(delivery, now, reason))
                return
            except Exception as error:  # noqa: BLE001 - whatever a receiver does is a fact to record
                status, problem = None, f"{type(error).__name__}: {error}".rstrip(": ")
            again = policy["repeat_after"]
            self._record(world, lambda now: deliveries.attempted(delivery, Attempt(now, status, problem), again))

    def _policy(self, delivery: Delivery) -> Any:
        callback = self._mock().contract.operation(delivery.operation).callback
        default = {"repeat_after": [], "answer_within": 15}
        return callback[1].get("x-delivery", default) if callback else default

    def _record(self, world: World, note: Callable[[float], None]) -> None:
        with self._mock().lock:
            note(world.clock.now(self._wall()))
            world.version += 1
        self.poke()

    async def _post(self, client: "httpx.AsyncClient", world: World, url: str, body: bytes, within: float) -> int:
        """POST to the address that was checked, not to what the name says a moment later. Returns the status."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
        address = await self._checked(host, port)
        netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        target = parts._replace(netloc=netloc, fragment="").geturl()
        headers = {
            "Host": parts.netloc.rpartition("@")[2],
            "Content-Type": "application/json",
            **signature(world, body),
        }
        request = client.build_request(
            "POST", target, content=body, headers=headers, timeout=within, extensions={"sni_hostname": host}
        )
        async with asyncio.timeout(within):
            response = await client.send(request)
        return response.status_code

    async def _checked(self, host: str, port: int) -> str:
        """Return the address to connect to. Raises `BlockedError` unless it is loopback or its host is allowed."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            found = []
        addresses = [str(row[4][0]) for row in found]
        strangers = [one for one in addresses if not ipaddress.ip_address(one.partition("%")[0]).is_loopback]
        if host.lower() not in self._allowed and (strangers or not addresses):
            received = f"{host} ({strangers[0] if strangers else 'it has no address'})"
            raise BlockedError(f"expected a loopback address, received {received}; start with --allow-callback {host}")
        if not addresses:
            raise OSError(f"no address found for {host}")
        return addresses[0]


def _until(world: World, now: float, wall: float) -> float:
    """Return the wall seconds until time alone makes a webhook of this world due."""
    instant = next_webhook(world, now)
    at = None if instant is None else world.clock.wall_at(max(instant, now))
    return _LONGEST_NAP if at is None else max(at - wall, 0.0)


def signature(world: World, body: bytes) -> dict[str, str]:
    """Return the headers that sign a webhook, where the world has a secret (undocumented, so off by default)."""
    secret = world.spec.get("callback_secret")
    if not secret:
        return {}
    return {"X-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
