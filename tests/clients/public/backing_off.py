"""A status client with a back-off that doubles, a lower-case scheme, and its own clock for the whole."""

import http.client
import json
import os
import sys
import time
from urllib.parse import quote, urlsplit

ROOT = "/api/v1/audio/music/cover"
PAUSE = float(os.environ.get("PAUSE", "5"))
PLACE = urlsplit(os.environ["GATEWAY_BASE_URL"]).netloc
HEADERS = {"authorization": f"bearer {os.environ['GATEWAY_API_KEY']}", "x-api-version": "1", "Cookie": "lang=de"}


def send(method: str, path: str, body: str | None = None) -> tuple[int, str, dict]:
    """Return (status, Retry-After, JSON) over a connection of its own."""
    connection = http.client.HTTPConnection(PLACE, timeout=30)
    try:
        headers = HEADERS | ({"Content-Type": "application/json"} if body else {})
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        raw = answer.read()
        return answer.status, answer.headers.get("Retry-After", "0"), json.loads(raw) if answer.status == 200 else {}
    except (OSError, http.client.HTTPException):
        return 0, "0", {}
    finally:
        connection.close()


status, _, value = send("POST", f"{ROOT}/generate", json.dumps({"taskId": os.environ["GATEWAY_MUSIC_TASK"]}))
if status != 200:
    sys.exit(f"could not start: {status}")
task, delay, end = value["data"]["taskId"], PAUSE, time.monotonic() + 60 * PAUSE
while time.monotonic() < end:
    time.sleep(delay)
    status, again, value = send("GET", f"{ROOT}/status?task_id={quote(task, safe='')}")
    if status in {400, 401, 404}:
        sys.exit(f"could not poll: {status}")
    state = value["data"]["status"] if value else ""
    if state in {"SUCCESS", "FAILED"}:
        sys.exit(0 if state == "SUCCESS" else 1)
    delay = max(min(delay * 2, 10 * PAUSE), float(again))
sys.exit("the task took too long")
