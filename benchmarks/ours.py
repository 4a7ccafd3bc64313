"""covermock as the benchmarks meet it: how it is started, and the two operations that everybody is asked."""

import contextlib
import json
import sys
from collections.abc import Sequence
from http.client import HTTPConnection

from .measuring import PATIENCE, Ask, BrokenError, Server, send

KEY = "aio_bench"
STATUS = "/api/v1/audio/music/upload-cover/status"
GENERATE = "/api/v1/audio/music/upload-cover/generate"
AUDIO = "aud_bench"
LIVEZ = Ask("GET", "/__mock/livez")
# Stages last a second by default; the world that is measured has credits enough and a task that is done at once.
WORLD = {
    "stage_seconds": 0,
    "accounts": {"main": {"key": KEY, "credits": 10**9}},
    "audio": {AUDIO: {"seconds": 30}},
}


def command(port: int) -> Sequence[str]:
    """Return the command line of a stand-in with default settings."""
    return [sys.executable, "-m", "covermock.cli", "serve", "--port", str(port)]


def roomy(port: int) -> Sequence[str]:
    """Return the same with room for more tasks in a world than the default of a million."""
    return [*command(port), "--limit", "tasks=2000000"]


def generate(key: str = KEY) -> Ask:
    """Return the request that starts a task."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return Ask("POST", GENERATE, headers, json.dumps({"audio_id": AUDIO}))


def status(task: str, key: str = KEY) -> Ask:
    """Return the request that asks for a task."""
    return Ask("GET", f"{STATUS}?task_id={task}", {"Authorization": f"Bearer {key}"})


def control(port: int, method: str, path: str, value: object = None) -> object:
    """Call the control API; return the JSON of its answer."""
    body = "" if value is None else json.dumps(value)
    code, raw = send(port, Ask(method, f"/__mock/{path}", {"Content-Type": "application/json"}, body))
    if code >= 400:
        raise BrokenError(f"{method} {path}: {code} {raw!r}")
    return json.loads(raw) if raw else None


def prepared(server: Server) -> str:
    """Make the world that is measured; return the id of a finished task in it."""
    control(server.port, "POST", "worlds", {"name": "bench", **WORLD})
    return start(server.port)


def start(port: int) -> str:
    """Start one task and return its id."""
    code, raw = send(port, generate())
    if code != 200:
        raise BrokenError(f"generate: {code} {raw!r}")
    return str(json.loads(raw)["data"]["task_id"])


def start_many(port: int, count: int) -> list[str]:
    """Start tasks one after the other over one connection; return their ids."""
    ask, ids = generate(), []
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        for _ in range(count):
            connection.request(ask.method, ask.target, ask.body, dict(ask.headers))
            ids.append(str(json.loads(connection.getresponse().read())["data"]["task_id"]))
    return ids
