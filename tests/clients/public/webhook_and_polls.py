"""Webhook and polls at once: whichever tells first; the receiver answers 204, and 202 to what it has heard already."""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import requests

ROOT = f"{os.environ['GATEWAY_BASE_URL']}/api/v1/audio/music/upload-cover"
HOOK = os.environ["GATEWAY_CALLBACK_BASE"]
HEADERS = {"Authorization": f"Bearer {os.environ['GATEWAY_API_KEY']}"}
PAUSE = float(os.environ.get("PAUSE", "5"))
heard: dict[str, str] = {}
ended = threading.Event()


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks."""

    def do_POST(self) -> None:
        """Answer at once, then think."""
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
        self.send_response(202 if data["task_id"] in heard else 204)
        self.end_headers()
        heard[data["task_id"]] = data["status"]
        ended.set()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def poll(task: str) -> str:
    """Return the state of the task, as far as it can be read."""
    try:
        answer = requests.get(f"{ROOT}/status", {"task_id": task}, headers=HEADERS, timeout=30)
    except requests.ConnectionError:
        return ""
    if answer.status_code in {429, 503} and "Retry-After" in answer.headers:
        time.sleep(float(answer.headers["Retry-After"]))
    if answer.status_code in {400, 401, 404}:
        return "failed"
    return answer.json()["data"]["status"] if answer.status_code == 200 else ""


server = ThreadingHTTPServer((urlsplit(HOOK).hostname, urlsplit(HOOK).port), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
wish = {"audio_id": os.environ["GATEWAY_AUDIO"], "callback_url": f"{HOOK}/done?order=7"}
try:
    started = requests.post(f"{ROOT}/generate", json=wish, headers=HEADERS, timeout=30)
    started.raise_for_status()
except requests.RequestException as error:
    sys.exit(str(error))
task = started.json()["data"]["task_id"]
for _ in range(60):
    state = heard.get(task) or poll(task)
    if state in {"complete", "failed"}:
        sys.exit(0 if state == "complete" else "the task failed")
    ended.wait(PAUSE)
sys.exit("the task took too long")
