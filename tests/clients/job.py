"""A client of the gateway: start, wait, finish. `job.py FLOW [MISTAKE]` does it well, or with one mistake.

FLOW is cover, upload or webhook. Only the standard library, so that it starts fast.
"""

import json
import os
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote, urlsplit

FLOW, MISTAKE = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else "")
BASE, KEY = os.environ["GATEWAY_BASE_URL"], os.environ["GATEWAY_API_KEY"]
MUSIC, AUDIO = os.environ["GATEWAY_MUSIC_TASK"], os.environ["GATEWAY_AUDIO"]
HOOK = os.environ["GATEWAY_CALLBACK_BASE"]
KIND = "cover" if FLOW == "cover" else "upload-cover"
ROOT = f"/api/v1/audio/music/{KIND}"
PAUSE = float(os.environ.get("PAUSE", "0.2"))
PATIENCE = float(os.environ.get("PATIENCE", "6"))
TIMEOUT = 1.0 if MISTAKE in {"retries-slow-start", "pays-again-when-poll-is-slow"} else 30.0

told, called, again = threading.Event(), threading.Event(), threading.Event()
result = {}


def is_(*names):
    return MISTAKE in names


class Failure(Exception):
    """What a job can't get over."""


class Unsure(Failure):
    """An answer that says nothing of what the request did."""


def call(method, path, body=None, headers=None):
    """Return (status, headers, value) of a request."""
    connection = HTTPConnection(urlsplit(BASE).netloc, timeout=TIMEOUT)
    try:
        connection.request(method, path, body, headers if headers is not None else usual(body))
        answer = connection.getresponse()
        text = answer.read()
        try:
            value = json.loads(text)
        except ValueError:
            value = {}
        return answer.status, answer.headers, value
    except (OSError, HTTPException) as error:
        raise Unsure(f"no answer: {error}") from None
    finally:
        connection.close()


def usual(body):
    """Return the headers of a request."""
    headers = {"Authorization": f"Bearer {KEY}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    shape = {
        "no-key": {"Authorization": None},
        "basic-auth": {"Authorization": f"Basic {KEY}"},
        "bare-key": {"Authorization": KEY},
        "x-api-key": {"Authorization": None, "X-API-Key": KEY},
        "wrong-key": {"Authorization": "Bearer aio_somebody_else"},
        "quoted-key": {"Authorization": f'Bearer "{KEY}"'},
        "key-literal": {"Authorization": "Bearer $GATEWAY_API_KEY"},
        "key-in-header-and-x": {"X-API-Key": KEY},
        "no-content-type": {"Content-Type": None},
        "text-plain": {"Content-Type": "text/plain;charset=UTF-8"},
        "form": {"Content-Type": "application/x-www-form-urlencoded"},
        "latin-1": {"Content-Type": "application/json"},
    }.get(MISTAKE, {})
    if body is None:
        shape = {name: value for name, value in shape.items() if name != "Content-Type"}
    return {name: value for name, value in {**headers, **shape}.items() if value is not None}


def start_body():
    """Return the body that starts the task."""
    if FLOW == "cover":
        value = {"taskId": MUSIC}
        value = {
            "taskID": {"taskID": MUSIC},
            "task-wrapped": {"data": value},
            "task-number": {"taskId": 12345},
            "task-null": {"taskId": None},
            "task-empty": {"taskId": ""},
            "task-list": {"taskId": [MUSIC]},
            "work-id": {"workId": MUSIC},
            "extra-field": {**value, "modle": "v5"},
            "source-encoded": {"taskId": quote(MUSIC, safe="")},
            "wrong-source": {"taskId": AUDIO},
            "top-level-list": [value],
            "top-level-text": MUSIC,
            "empty-object": {},
        }.get(MISTAKE, value)
    else:
        value = {"audio_id": AUDIO}
        if FLOW == "webhook":
            value["callback_url"] = f"{HOOK}/hook"
        value = {
            "audioId": {"audioId": AUDIO},
            "no-audio": {"title": "x"},
            "custom-text": {**value, "custom_mode": "true", "prompt": "x"},
            "custom-number": {**value, "custom_mode": 1, "prompt": "x"},
            "custom-no-prompt": {**value, "custom_mode": True},
            "custom-empty-prompt": {**value, "custom_mode": True, "prompt": ""},
            "prompt-null": {**value, "custom_mode": True, "prompt": None},
            "all-null": {**value, "custom_mode": None, "prompt": None, "style": None, "title": None},
            "style-list": {**value, "style": ["pop"]},
            "title-number": {**value, "title": 7},
            "bad-callback": {**value, "callback_url": "localhost:9000/hook"},
            "callback-null": {**value, "callback_url": None},
            "callback-empty": {**value, "callback_url": ""},
            "callbackUrl": {**value, "callbackUrl": f"{HOOK}/hook"},
            "audio-number": {"audio_id": 5},
            "wrong-source": {"audio_id": MUSIC},
            "custom-right": {**value, "custom_mode": True, "prompt": "La la", "style": "pop", "title": "Ö"},
            "not-custom": {**value, "prompt": "ignored", "style": "pop", "title": "x"},
        }.get(MISTAKE, value)
    text = json.dumps(value)
    return {
        "single-quotes": text.replace('"', "'"),
        "trailing-comma": text.replace("}", ",}"),
        "no-body": None,
        "half-body": text[:-1],
        "form": f"taskId={quote(MUSIC)}",
        "latin-1": text.replace("}", ', "title": "Ö"}').encode("latin-1"),
        "doubly-encoded": json.dumps(text),
        "duplicate-key": text.replace("}", ', "taskId": "x"}'),
    }.get(MISTAKE, text)


def start_path():
    """Return where the task is started."""
    return {
        "v2-path": "/v2/cover/generate",
        "api-v2-path": "/api/v2/audio/music/cover/generate",
        "trailing-slash": f"{ROOT}/generate/",
        "no-prefix": "/music/cover/generate",
        "typo": f"{ROOT}/generat",
        "double-slash": f"/{ROOT}/generate",
        "upper": f"{ROOT}/Generate",
        "in-query": f"{ROOT}/generate?taskId={quote(MUSIC, safe='')}",
        "key-in-query": f"{ROOT}/generate?api_key={KEY}",
    }.get(MISTAKE, f"{ROOT}/generate")


def start():
    """Return the id of a started task."""
    body = None if is_("in-query") else start_body()
    for attempt in range(3):
        try:
            status, headers, value = call(
                "GET" if is_("start-by-get") else "PUT" if is_("start-by-put") else "POST", start_path(), body
            )
        except Unsure:
            if is_("retries-slow-start", "retries-start-reset", "retries-start") and attempt < 2:
                continue
            raise
        if status == 200:
            data = value["data"]
            task = data.get("taskId") or data["task_id"]
            if is_("starts-twice") and attempt == 0:
                continue
            return task
        if status >= 500 and is_("retries-start-5xx", "retries-start"):
            continue
        if status == 500 and is_("retries-start-500") or status == 503 and is_("retries-start-503"):
            continue
        if status in {400, 401, 402, 404} and is_(f"repeats-{status}", "repeats-all"):
            time.sleep(0.1)
            continue
        if status == 429 and "Retry-After" in headers:
            time.sleep(0.2 if is_("ignores-retry-after-on-start") else float(headers["Retry-After"]))
            continue
        if is_("ignores-errors", f"ignores-{status}"):
            sys.exit(0)
        raise Failure(f"{status}: {value}")
    raise Failure("too many tries")


def status_path(task):
    """Return where the task is polled."""
    path = f"{ROOT}/status"
    return {
        "not-encoded": f"{path}?task_id={task.replace(' ', '%20').replace('%41', '%41')}",
        "space-encoded-only": f"{path}?task_id={task.replace(' ', '%20').replace('#', '%23').replace('&', '%26')}",
        "encoded-twice": f"{path}?task_id={quote(quote(task, safe=''), safe='')}",
        "camel-query": f"{path}?taskId={quote(task, safe='')}",
        "id-in-path": f"{path}/{quote(task, safe='')}",
        "no-query": path,
        "two-ids": f"{path}?task_id={quote(task, safe='')}&task_id=x",
        "polls-source": f"{path}?task_id={quote(MUSIC if FLOW == 'cover' else AUDIO, safe='')}",
        "polls-constant": f"{path}?task_id=cover123123213213b880d2",
        "other-operation": f"{path.replace(KIND, 'upload-cover' if KIND == 'cover' else 'cover')}?task_id={quote(task, safe='')}",
        "extra-query": f"{path}?task_id={quote(task, safe='')}&verbose=1",
        "key-in-poll": f"{path}?task_id={quote(task, safe='')}&key={KEY}",
        "v2-poll": f"/v2/cover/status?task_id={quote(task, safe='')}",
        "raw-space": f"{path}?task_id={task}",
    }.get(MISTAKE, f"{path}?task_id={quote(task, safe='')}")


def poll(task):
    """Return the status data of a task, or None when that is not to be had now."""
    method, body = ("POST" if is_("poll-by-post") else "GET"), None
    if is_("id-in-body"):
        method, body, path = "GET", json.dumps({"task_id": task}), f"{ROOT}/status"
    else:
        path = status_path(task)
    try:
        status, headers, value = call(method, path, body)
    except Unsure:
        if is_("success-on-reset"):
            sys.exit(0)
        if is_("pays-again-when-poll-is-slow", "pays-again-when-poll-is-reset", "pays-again"):
            return poll(start())
        return None
    if status == 200:
        return value["data"]
    if status in {429, 503} and "Retry-After" in headers:
        if not is_("ignores-retry-after", f"ignores-retry-after-{status}"):
            time.sleep(float(headers["Retry-After"]))
        return None
    if status >= 500:
        if is_("success-on-5xx"):
            sys.exit(0)
        if is_("pays-again-on-5xx", "pays-again"):
            start()
        if is_("fails-on-5xx"):
            raise Failure(f"{status}")
        return None
    if is_("polls-on-after-401", "polls-on-any-error"):
        return None
    if is_("ignores-errors"):
        sys.exit(0)
    raise Failure(f"{status}: {value}")


def done(data):
    """Tell whether the task has ended well. Raises `Failure` when it has failed."""
    state = data["status"]
    results = data.get("images", data.get("clips"))
    if is_("wants-images-at-once"):
        print(results[0])
    if is_("wants-two-clips") and len(results) == 1:
        raise Failure("expected two clips")
    if is_("refuses-empty") and not results:
        raise Failure("no images")
    if is_("stops-at-first") and state in {"first", "IN_PROGRESS"}:
        return True
    if state in {"FAILED", "failed"} and not is_("never-notices-failure"):
        if is_("failed-is-success"):
            return True
        if is_("restarts-failed") and not result.get("restarted"):
            result["restarted"] = True
            result["task"] = start()
            return False
        raise Failure("the task failed")
    wrong = is_("waits-for-wrong-word")
    return state in ({"completed"} if wrong else {"SUCCESS", "complete"})


class Hook(BaseHTTPRequestHandler):
    """Takes webhooks."""

    count = 0

    def do_POST(self):
        value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Hook.count += 1
        called.set()
        if Hook.count > 1:
            again.set()
        if is_("hook-500"):
            status = 500
        elif is_("hook-404"):
            status = 404
        elif is_("hook-refuses-second") and Hook.count > 1:
            status = 409
        else:
            status = 200
        if is_("hook-hangs"):
            time.sleep(60)
        if is_("hook-drops"):
            self.connection.close()
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if is_("hook-dies-on-second") and Hook.count > 1:
            os._exit(1)
        result["data"] = value["data"]
        told.set()

    def log_message(self, *_):
        pass


def wait(task):
    """Poll until the task has ended."""
    result["task"] = task
    end = time.monotonic() + PATIENCE
    if is_("polls-late"):
        time.sleep(PAUSE)
    polls = 0
    while is_("never-gives-up") or time.monotonic() < end:
        data = poll(result["task"])
        polls += 1
        if data is not None and done(data):
            if is_("polls-on", "polls-once-more"):
                for _ in range(1 if is_("polls-once-more") else 5):
                    time.sleep(PAUSE)
                    poll(task)
            return
        if is_("busy-loop", "too-fast") and polls == 12:
            break
        if not is_("busy-loop"):
            time.sleep(0.01 if is_("too-fast") else PAUSE)
    if is_("gives-up-with-0"):
        sys.exit(0)
    raise Failure("it took too long")


def wait_for_hook(task):
    """Wait for the webhook, then fall back to polling."""
    lost = not told.wait(PATIENCE if not is_("trusts-webhook") else 3600)
    if lost and is_("fails-without-webhook"):
        raise Failure("no webhook")
    if lost:
        wait(task)
        return
    if is_("hook-refuses-second", "hook-dies-on-second", "pays-on-second"):
        again.wait(30)
    if is_("lingers", "hook-refuses-second", "hook-dies-on-second"):
        time.sleep(0.5)
    if is_("pays-on-second") and Hook.count > 1:
        start()
    if not done(result["data"]):
        raise Failure("the webhook came too soon")


def main():
    """Do the job."""
    if FLOW == "webhook" and not is_("no-receiver"):
        server = HTTPServer((urlsplit(HOOK).hostname, urlsplit(HOOK).port), Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    if is_("probes"):
        for method in ("HEAD", "OPTIONS"):
            call(method, f"{ROOT}/generate", headers={})
        call("GET", "/", headers={})
    task = start()
    if is_("forgets-the-task"):
        return
    if is_("one-poll"):
        print(poll(task))
        return
    if FLOW == "webhook" and not is_("hook-500", "hook-404", "hook-hangs", "hook-drops"):
        wait_for_hook(task)
    else:
        if is_("hook-500", "hook-404", "hook-hangs", "hook-drops"):
            called.wait(30)
            time.sleep(3 if is_("hook-hangs") else 0.5)
        wait(task)


try:
    main()
except Failure as failure:
    print(f"failed: {failure}")
    sys.exit(0 if is_("hides-failure") else 1)
if is_("fails-after-success"):
    sys.exit(2)
