"""A mock in this process with a clock of its own: most tests need no server, and none needs to sleep."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from covermock.mock_server import Answer, Mock, Request, Settings
from covermock.mock_server.mock import MakeStore, in_memory
from covermock.mock_server.world.world import World
from covermock.openapi import ADMIN, GATEWAY

NOON = 1_780_000_000.0  # a wall instant like any other, in Unix seconds
KEY = "aio_your_api_key_here"
COVER = "/api/v1/audio/music/cover/generate"
COVER_STATUS = "/api/v1/audio/music/cover/status"
UPLOAD_COVER = "/api/v1/audio/music/upload-cover/generate"
UPLOAD_COVER_STATUS = "/api/v1/audio/music/upload-cover/status"
MUSIC = "gen123213213213123bksv"
AUDIO = "aud123456789"


@dataclass(frozen=True, slots=True)
class Got:
    """An answer as a client sees it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    answer: Answer

    @property
    def json(self) -> Any:
        """Return the JSON body."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """Return (status, error.type) of a gateway error whose envelope agrees with its status."""
        envelope = self.json["error"]
        assert sorted(envelope) == ["code", "message", "type"]
        assert envelope["code"] == self.status
        return self.status, envelope["type"]

    @property
    def message(self) -> str:
        """Return the text of a gateway error."""
        return str(self.json["error"]["message"])


class Fake:
    """A mock and the wall instant at which it is asked; `key` is sent unless a call says otherwise."""

    def __init__(self, key: str = KEY, store: MakeStore = in_memory, wall: float = NOON, **settings: Any) -> None:
        self.wall = wall
        self.key = key
        self.mock = Mock(Settings(**settings), self.wall, store)

    def send(self, method: str, target: str, body: Any = None, key: str | None = "", **headers: str) -> Got:
        """Send a request; `body` is bytes or a JSON value, `key=None` sends none, `x_y=` is the header X-Y."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"host": "127.0.0.1:8080", **{name.replace("_", "-").lower(): text for name, text in headers.items()}}
        if raw:
            sent.setdefault("content-type", "application/json")
        if key is not None:
            sent.setdefault("authorization", f"Bearer {key or self.key}")
        path, _, query = target.partition("?")
        answer = self.mock.answer(Request(method, path, query, sent, raw), self.wall)
        return Got(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body, answer)

    def get(self, target: str, **given: Any) -> Got:
        """GET a target."""
        return self.send("GET", target, **given)

    def post(self, target: str, body: Any = None, **given: Any) -> Got:
        """POST a JSON value or bytes."""
        return self.send("POST", target, body, **given)

    def control(self, method: str, path: str, body: Any = None, **headers: str) -> Got:
        """Call the control API."""
        return self.send(method, f"/__mock/{path}", body, key=None, **headers)

    def cover(self, music: str = MUSIC, **given: Any) -> str:
        """Start a cover task and return its id."""
        answer = self.post(COVER, {"taskId": music}, **given)
        assert 200 == answer.status, answer.body
        return str(answer.json["data"]["taskId"])

    def upload_cover(self, audio: str = AUDIO, **given: Any) -> str:
        """Start an upload-cover task and return its id."""
        answer = self.post(UPLOAD_COVER, {"audio_id": audio}, **given)
        assert 200 == answer.status, answer.body
        return str(answer.json["data"]["task_id"])

    def status(self, task: str, path: str = COVER_STATUS, **given: Any) -> str:
        """Return what a poll says of a task."""
        return str(self.get(f"{path}?task_id={task}", **given).json["data"]["status"])

    def wait(self, seconds: float) -> None:
        """Let seconds of wall time pass at once."""
        self.wall += seconds

    @property
    def world(self) -> World:
        """Return the world that the mock was started with."""
        return next(iter(self.mock.store.worlds()))

    @property
    def credits(self) -> dict[str, int]:
        """Return what each account of the world can spend now."""
        now = self.world.clock.now(self.wall)
        return {account.name: self.world.available(account, now) for account in self.world.accounts.values()}


def edited(folder: Path, *changes: tuple[str, str], source: Path = GATEWAY) -> Path:
    """Write a copy of a contract with each (old, new) text changed, all its occurrences; return its path."""
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / source.name
    path.write_text(text, encoding="utf-8")
    return path


def world_file(folder: Path, text: str, name: str = "world.yaml") -> Path:
    """Write a world file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def document(path: Path = ADMIN) -> Any:
    """Return a contract as plain data, read by YAML alone and not by the code under test."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))
