"""A receiver of webhooks on a free port: what came is read from a queue, so that no test has to sleep."""

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread
from typing import Any

from .servers import PATIENCE


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Where webhooks go. `answers` are the statuses to give, the last one for ever; `gate` holds each answer back."""

    url: str
    answers: list[int]
    headers: Mapping[str, str]
    came: "Queue[Webhook]" = field(default_factory=Queue)
    gate: Event = field(default_factory=Event)

    def next(self) -> Webhook:
        """Return the next webhook, as soon as it comes."""
        return self.came.get(timeout=PATIENCE)

    def take(self, webhook: Webhook) -> int:
        """Note a webhook and return the status to answer with."""
        self.came.put(webhook)
        self.gate.wait(PATIENCE)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def receiving(*answers: int, host: str = "127.0.0.1", held: bool = False, **headers: str) -> Iterator[Receiver]:
    """Receive webhooks on a free port; `x_y=` is a header X-Y of every answer."""
    box: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = box[0].take(Webhook(self.path, dict(self.headers), body))
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in box[0].headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.daemon_threads = True
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        box.append(Receiver(f"http://{host}:{server.server_port}", list(answers) or [200], named))
        if not held:
            box[0].gate.set()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield box[0]
        finally:
            box[0].gate.set()
            server.shutdown()
            thread.join(PATIENCE)


@contextlib.contextmanager
def silent(count: int) -> Iterator[list[str]]:
    """Listen on free ports where a connection is taken by the kernel and nobody ever answers; yield their URLs."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        yield [f"http://127.0.0.1:{one.getsockname()[1]}" for one in listeners]


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen on a free port; `answer` gets each connection, one after the other, once a webhook was read from it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def live() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(PATIENCE)
                    _read_webhook(connection)
                    answer(connection)

    thread = Thread(target=live, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes up whoever accepts
        listener.close()
        thread.join(PATIENCE)


def _read_webhook(connection: socket.socket) -> None:
    with connection.makefile("rb") as stream:
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.lower().partition(b":")
            length = int(value) if name == b"content-length" else length
        stream.read(length)
