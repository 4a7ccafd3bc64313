"""Where a mock can be: this process, a thread, another process, or several over Redis. Tests see no difference."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from covermock.fixtures.laboratory import Laboratory, World, over_http
from covermock.fixtures.serving import InProcess, ServerThread
from covermock.mock_server import Request

from .engines import engine
from .fakes import COVER, COVER_STATUS, UPLOAD_COVER, UPLOAD_COVER_STATUS
from .servers import PATIENCE, serving

PLACES = ("in process", "thread", "process", "redis", "two workers")


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as every client sees it; `Date` and what the transport adds are left out."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the JSON body."""
        return json.loads(self.body)


class Transport(Protocol):
    """What sends one request to a mock, wherever it is."""

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Seen:
        """Return the answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mock somewhere: its control client, and a transport for its gateway paths."""

    laboratory: Laboratory
    transport: Transport

    def client(self, world: World, account: str = "") -> "Client":
        """Return a client of the gateway that is in this world."""
        return Client(self.transport, world.keys[account] if account else world.api_key)


@dataclass(frozen=True, slots=True)
class Client:
    """A small client of the gateway with one key."""

    transport: Transport
    key: str

    def send(self, method: str, target: str, body: Any = None, **headers: str) -> Seen:
        """Send a request; `body` is bytes or a JSON value, `x_y=` is the header X-Y."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.key}"}
        sent |= {"Content-Type": "application/json"} if raw else {}
        return self.transport(
            method, target, sent | {name.replace("_", "-"): value for name, value in headers.items()}, raw
        )

    def cover(self, music: str, **headers: str) -> str:
        """Start a cover task and return its id."""
        answer = self.send("POST", COVER, {"taskId": music}, **headers)
        assert 200 == answer.status, answer.body
        return str(answer.json["data"]["taskId"])

    def upload_cover(self, audio: str, **fields: Any) -> str:
        """Start an upload-cover task and return its id."""
        return str(self.send("POST", UPLOAD_COVER, {"audio_id": audio, **fields}).json["data"]["task_id"])

    def cover_status(self, task: str, **headers: str) -> Seen:
        """Poll a cover task."""
        return self.send("GET", f"{COVER_STATUS}?task_id={task}", **headers)

    def upload_status(self, task: str, **headers: str) -> Seen:
        """Poll an upload-cover task."""
        return self.send("GET", f"{UPLOAD_COVER_STATUS}?task_id={task}", **headers)

    def state(self, task: str) -> str:
        """Return what a poll says of a cover task."""
        return str(self.cover_status(task).json["data"]["status"])


@contextlib.contextmanager
def place(name: str) -> Iterator[Place]:
    """Open one of the places."""
    if name == "in process":
        with InProcess() as here:
            yield Place(here.laboratory, calling(here))
    elif name == "thread":
        with ServerThread() as server, httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http:
            yield Place(server.laboratory, over(http))
    elif name == "process":
        with _served() as opened:
            yield opened
    else:
        workers = ("--workers", "2") if name == "two workers" else ()
        with engine() as redis, _served("--store", redis.url, *workers) as opened:
            yield opened


@contextlib.contextmanager
def _served(*arguments: str) -> Iterator[Place]:
    """Serve from another process, or several; each request gets a connection of its own, so that workers take turns."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with (
        serving(*arguments) as process,
        httpx.Client(base_url=process.url, trust_env=False, timeout=PATIENCE, limits=limits) as http,
    ):
        yield Place(Laboratory(over_http(process.url), process.url), over(http))


def calling(here: InProcess) -> Transport:
    """Return a transport that calls a mock of this process."""

    def transport(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Seen:
        path, _, query = target.partition("?")
        sent = {"host": "localhost", **{name.lower(): value for name, value in headers.items()}}
        answer = here.answer(Request(method, path, query, sent, body))
        return Seen(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)

    return transport


def over(http: httpx.Client) -> Transport:
    """Return a transport over an HTTP client."""

    def transport(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Seen:
        answer = http.request(method, target, headers=headers, content=body)
        added = {"date", "content-length", "connection"}
        seen = {name: value for name, value in answer.headers.items() if name not in added}
        return Seen(answer.status_code, seen, answer.content)

    return transport
