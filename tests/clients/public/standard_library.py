"""Only urllib: one dictionary of headers for all requests, a dataclass with nulls, JSON with indents, a state file."""

import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = f"{os.environ['GATEWAY_BASE_URL']}/api/v1/audio/music/upload-cover"
PAUSE = float(os.environ.get("PAUSE", "5"))
HEADERS = {
    "Authorization": f"Bearer {os.environ['GATEWAY_API_KEY']}",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "shop/1.0",
}


@dataclass
class Wish:
    """What a task is started with; None is nothing."""

    audio_id: str
    custom_mode: bool | None = None
    prompt: str | None = None
    style: str | None = None
    title: str | None = None
    callback_url: str | None = ""


def call(method: str, url: str, body: object = None) -> dict:
    """Return the data of an answer."""
    raw = None if body is None else json.dumps(body, indent=2, ensure_ascii=False).encode()
    request = urllib.request.Request(url, raw, HEADERS, method=method)  # noqa: S310 - the address is given
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return json.load(answer)["data"]


def wait(task: str) -> str:
    """Return the last state of the task."""
    for _ in range(60):
        try:
            data = call("GET", f"{ROOT}/status?{urllib.parse.urlencode({'task_id': task})}")
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise
            time.sleep(max(float(error.headers.get("Retry-After") or 0), PAUSE))
            continue
        if data["status"] in {"complete", "failed"}:
            return data["status"]
        time.sleep(PAUSE)
    return "too long"


with tempfile.TemporaryDirectory() as folder:
    memory = Path(folder) / "task.json"
    try:
        task = call("POST", f"{ROOT}/generate", asdict(Wish(os.environ["GATEWAY_AUDIO"], title="Ü")))["task_id"]
        memory.write_text(json.dumps({"task": task}))
        state = wait(json.loads(memory.read_text())["task"])  # as after a restart
    except OSError as error:
        sys.exit(str(error))
sys.exit(0 if state == "complete" else state)
