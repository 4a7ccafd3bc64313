"""The webhooks of a drawn gateway."""

import contextlib
import http.client
import json
import time
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from .gateway import Gateway
from .keys import KEYS
from .tasks import NAMES, Task

_AHEAD = 0.15  # seconds before the end, where a webhook is ahead of what status says
_NEVER = 1e6  # seconds of a stage that doesn't end


class Courier:
    """Delivers what a task has to say, in a thread for each task."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.p = gateway, gateway.p
        self._stopped, self._lock, self._threads = Event(), Lock(), []

    def start(self, task: Task) -> None:
        """Begin to wait for the task's end."""
        thread = Thread(target=self._run, args=(task,), daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """End all deliveries."""
        self._stopped.set()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(5)

    def _run(self, task: Task) -> None:
        if self.p.webhooks in {"early", "ping"}:
            self._post(task, method="GET" if self.p.webhooks == "ping" else "")
        if self.p.webhooks == "ahead":
            self._stopped.wait(max(task.seconds - _AHEAD, 0.0))
            self._deliver(task, task.began + task.seconds)
            return
        for seconds in task.lengths:
            if self._stopped.wait(seconds + 0.005 if seconds < _NEVER else None):
                return
            if self.p.webhooks == "stages":
                self._post(task)
        if self._stopped.wait(self.p.hook_lag) or (self.p.webhooks == "success only" and task.fails):
            return
        self._deliver(task)

    def _deliver(self, task: Task, at: float = 0.0) -> None:
        pauses = {"once": (), "often": (0.1,) * 7}.get(self.p.webhooks, self.p.again_after)
        for pause in (*pauses, None):
            status = self._post(task, at)
            if self.p.webhooks == "twice":
                self._post(task)
            if 200 <= status < 300 or pause is None or self._stopped.wait(pause):
                return

    def _post(self, task: Task, at: float = 0.0, method: str = "") -> int:
        """Send one webhook and return the status of its answer."""
        if self._stopped.is_set():
            return 200
        headers = {"Content-Type": "application/json", "User-Agent": "drawn", "X-Signature": "sha256=00"}
        headers |= {"X-Api-Key": KEYS["main"]} if self.p.webhooks == "key" else {}
        body = b"status=complete&x=1" if self.p.webhooks == "form" else json.dumps(self._value(task, at)).encode()
        body = b"" if self.p.webhooks == "empty" or method else body
        method = method or {"get": "GET", "put": "PUT"}.get(self.p.webhooks, "POST")
        parts = urlsplit(task.callback)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException), contextlib.closing(connection):
            self._send(connection, method, f"{parts.path}?{parts.query}".rstrip("?"), body, headers)
            return connection.getresponse().status
        return 0

    def _send(self, connection: Any, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        if self.p.hook_wire == "1.0":
            connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
        if self.p.hook_wire != "chunks":
            connection.request(method, path, body, headers)
            return
        middle = len(body) // 2
        more = headers | {"Transfer-Encoding": "chunked", "Connection": "close"}
        connection.request(method, path, iter((body[:middle], body[middle:])), more, encode_chunked=True)

    def _value(self, task: Task, at: float) -> Any:
        with self.gateway.lock:
            data = self.gateway.views.of(task, at or time.time())
        if self.p.webhooks in {"bare", "list"}:
            return [data] if self.p.webhooks == "list" else data
        if self.p.webhooks == "other body":
            return {"callbackType": "complete", "data": {"task_id": task.id}}
        if self.p.webhooks == "null clips":
            data = data | {NAMES[task.kind][1]: None}
        return {"code": 200, "message": "success", "data": data | ({"extra": 1} if self.p.extra else {})}
