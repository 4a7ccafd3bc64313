"""A client of examples/contracts/transcripts.yaml: `desk.py [MISTAKE]` does it well, or with one mistake."""

import json
import os
import sys
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote, urlsplit

MISTAKE = sys.argv[1] if len(sys.argv) > 1 else ""
BASE, KEY = os.environ["GATEWAY_BASE_URL"], os.environ["GATEWAY_API_KEY"]
RECORDING = os.environ["GATEWAY_RECORDING"]
PAUSE, PATIENCE = float(os.environ.get("PAUSE", "0.2")), float(os.environ.get("PATIENCE", "6"))


def call(method, path, body=None):
    """Return (status, headers, value), or (0, {}, {}) where no answer came."""
    headers = {"X-Desk-Key": KEY, **({"Content-Type": "application/json"} if body else {})}
    if MISTAKE == "bearer":
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    if MISTAKE == "another-key":
        headers["X-Desk-Key"] = "desk_somebody"
    if MISTAKE == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = HTTPConnection(urlsplit(BASE).netloc, timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())
    except (OSError, HTTPException, ValueError):
        return 0, {}, {}
    finally:
        connection.close()


def encode(name):
    """Return an id as a part of a path."""
    return name.replace(" ", "%20").replace("#", "%23") if MISTAKE == "not-encoded" else quote(name, safe="")


def start():
    """Return the id of a started task."""
    body = {
        "no-language": {},
        "unknown-language": {"language": "de"},
        "speakers-as-text": {"language": "en", "speakers": "two"},
    }.get(MISTAKE, {"language": "en"})
    query = f"?api_key={KEY}" if MISTAKE == "key-in-query" else ""
    path = f"/v3/recordings/{encode(RECORDING)}/transcripts{query}"
    if MISTAKE == "unknown-path":
        path = f"/v3/recording/{encode(RECORDING)}/transcript"
    status, headers, value = call("POST", path, json.dumps(body))
    if status == 429:
        time.sleep(float(headers["Retry-After"]))
        status, headers, value = call("POST", path, json.dumps(body))
    if MISTAKE == "starts-twice":
        status, headers, value = call("POST", path, json.dumps(body))
    if status != 202:
        sys.exit(f"{status}: {value}")
    return value["transcript"]


def wait(task):
    """Poll until the task has ended, then return how."""
    end, ended, polls = time.monotonic() + PATIENCE, 0, 0
    while time.monotonic() < end and not (MISTAKE == "busy-loop" and polls == 12):
        polls += 1
        status, headers, value = call("GET", f"/v3/transcripts/{encode(task)}")
        if status in {401, 404}:
            sys.exit(f"{status}: {value}")
        if status in {429, 503} and "Retry-After" in headers:
            time.sleep(float(headers["Retry-After"]))
        state = value.get("state", "") if status == 200 else ""
        ended += state in {"done", "failed"}
        if ended == (5 if MISTAKE == "polls-on" else 1):
            return state
        time.sleep(0.001 if MISTAKE == "busy-loop" else PAUSE)
    sys.exit("it took too long")


sys.exit(0 if wait(start()) == "done" or MISTAKE == "hides-failure" else 1)
