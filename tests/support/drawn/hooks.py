"""The webhooks of a drawn gateway."""

import json
import time
import urllib.error
import urllib.request
from threading import Event, Lock, Thread
from typing import Any

from .gateway import KEYS, Gateway
from .tasks import NAMES, Task


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
        if self.p.webhooks == "early":
            self._post(task)
        for seconds in task.lengths:
            if self._stopped.wait(seconds + 0.005):
                return
            if self.p.webhooks == "stages":
                self._post(task)
        self._stopped.wait(0.02)
        self._deliver(task)

    def _deliver(self, task: Task) -> None:
        pauses = {"once": (), "often": (0.1,) * 7}.get(self.p.webhooks, self.p.again_after)
        for pause in (*pauses, None):
            status = self._post(task)
            if self.p.webhooks == "twice":
                self._post(task)
            if 200 <= status < 300 or pause is None or self._stopped.wait(pause):
                return

    def _post(self, task: Task) -> int:
        """Send one webhook and return the status of its answer."""
        if self._stopped.is_set():
            return 200
        headers = {"Content-Type": "application/json", "User-Agent": "drawn", "X-Signature": "sha256=00"}
        headers |= {"X-Api-Key": KEYS["main"]} if self.p.webhooks == "key" else {}
        body = b"status=complete&x=1" if self.p.webhooks == "form" else json.dumps(self._value(task)).encode()
        method = "GET" if self.p.webhooks == "get" else "POST"
        try:
            request = urllib.request.Request(task.callback, body, headers, method=method)  # noqa: S310 - a test's own
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except (OSError, ValueError):
            return 0

    def _value(self, task: Task) -> Any:
        with self.gateway.lock:
            data = self.gateway.views.of(task, time.time())
        if self.p.webhooks == "other body":
            return {"callbackType": "complete", "data": {"task_id": task.id}}
        if self.p.webhooks == "null clips":
            data = data | {NAMES[task.kind][1]: None}
        return {"code": 200, "message": "success", "data": data | ({"extra": 1} if self.p.extra else {})}
