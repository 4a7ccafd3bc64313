"""The same work as plainly as Python can do it: a key, a validated body, a dict of tasks. `application` is WSGI."""

import hashlib
import time
from typing import Any

import jsonschema_rs
import orjson

KEYS = {"Bearer aio_bench": "main"}
AUDIO = {"aud_bench": 30}
SCHEMA = {"type": "object", "required": ["audio_id"], "properties": {"audio_id": {"type": "string", "minLength": 1}}}
VALID = jsonschema_rs.validator_for(SCHEMA).is_valid
TASKS: dict[str, tuple[str, float]] = {}
STATUS = "/api/v1/audio/music/upload-cover/status"
GENERATE = "/api/v1/audio/music/upload-cover/generate"


def refused(status: int, kind: str) -> tuple[int, bytes]:
    """Return the envelope of an error."""
    return status, orjson.dumps({"error": {"code": status, "message": kind, "type": kind}})


def generate(account: str, body: bytes) -> tuple[int, bytes]:
    """Start a task."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return refused(400, "bad_request")
    if not VALID(given):
        return refused(400, "bad_request")
    if given["audio_id"] not in AUDIO:
        return refused(404, "not_found")
    task = "upl" + hashlib.blake2b(b"%d" % len(TASKS), digest_size=9).hexdigest()
    TASKS[task] = (account, time.time())
    return 200, orjson.dumps({"code": 200, "message": "success", "data": {"task_id": task}})


def status(account: str, query: str) -> tuple[int, bytes]:
    """Show a task, which is always complete."""
    task = query.partition("task_id=")[2].partition("&")[0]
    found = TASKS.get(task)
    if found is None or found[0] != account:
        return refused(404, "not_found")
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found[1]))
    base = f"http://127.0.0.1/media/{task}"
    clips = [
        {"id": f"song_{task}_{n}", "audio_url": f"{base}/{n}.wav", "image_url": f"{base}/{n}.jpeg"} for n in (1, 2)
    ]
    data = {"task_id": task, "status": "complete", "clips": clips, "created_at": created}
    return 200, orjson.dumps({"code": 200, "message": "success", "data": data})


def answered(method: str, path: str, query: str, key: str, body: bytes) -> tuple[int, bytes]:
    """Return (status, body) for a request."""
    account = KEYS.get(key)
    if account is None:
        return refused(401, "authentication_error")
    if path == STATUS and method == "GET":
        return status(account, query)
    if path == GENERATE and method == "POST":
        return generate(account, body)
    return refused(404, "not_found")


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer as a WSGI application."""
    body = environ["wsgi.input"].read() if environ["REQUEST_METHOD"] == "POST" else b""
    code, answer = answered(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ["QUERY_STRING"],
        environ.get("HTTP_AUTHORIZATION", ""),
        body,
    )
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
    start_response(f"{code} {'OK' if code == 200 else 'Error'}", headers)
    return [answer]
