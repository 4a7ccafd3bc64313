"""Stubs that answer the same to everything: 200, each with one body, or a redirect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

DONE = {
    "status": "SUCCESS",
    "images": ["https://a.example/1", "https://a.example/2"],
    "created_at": "2026-02-24T12:00:30Z",
}
ANSWERS = {
    "empty": b"",
    "html": b"<html>OK</html>",
    "object": b"{}",
    "array": b"[]",
    "null": b"null",
    "code": b'{"code": 200}',
    "null-data": b'{"code": 200, "data": null}',
    "cover-accepted": b'{"code": 200, "msg": "success", "data": {"taskId": "c1"}}',
    "music-accepted": b'{"code": 200, "message": "success", "data": {"task_id": "u1"}}',
    "cover-status": json.dumps({"code": 200, "msg": "success", "data": {"taskId": "c1", **DONE}}).encode(),
    "list-data": b'{"code": 200, "message": "success", "data": [{"task_id": "u1"}]}',
}


@dataclass
class Stub:
    """A running stub, and how many requests it got."""

    url: str
    requests: int = 0


@contextmanager
def stub(answer: bytes, location: str = "") -> Iterator[Stub]:
    """Serve a stub on a free port; with a `location` it redirects."""
    served, lock = Stub(""), Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            with lock:
                served.requests += 1
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(301 if location else 200)
            self.send_header("Location", location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
