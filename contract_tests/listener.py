"""An HTTP server for webhooks: hands each request to a function, and answers with the status that it returns."""

import re
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from threading import Thread
from typing import Any

_MOST_BYTES = 1024 * 1024  # of a body that is read
_LINE = 1024  # bytes of a line between two chunks
Take = Callable[[str, str, Mapping[str, str], bytes], int]
"""Gets path, method, headers (by names in lower case) and body of a request."""


class Listener:
    """Listens on an address from its creation to `close`; port 0 is a free one."""

    def __init__(self, take: Take, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server((host, port), _handler(take))
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # many may come at once

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a sender that breaks off."""


def _handler(take: Take) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
            body = _chunks(self.rfile) if chunked else self.rfile.read(_digits(self.headers.get("Content-Length", "0")))
            self.close_connection |= chunked
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(take(self.path, self.command, headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_PUT = do_GET = do_PATCH = do_DELETE = answer  # noqa: N815 - the names that http.server calls

        def probe(self) -> None:
            self.send_response(200)  # some look whether anybody listens before they deliver
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_OPTIONS = probe  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _digits(text: str, base: int = 10) -> int:
    """Return the number of bytes that a header or a chunk announces, but no more than are read."""
    number = int(text, base) if re.fullmatch(r"[0-9A-Fa-f]{1,12}", text) and (base > 10 or text.isdigit()) else 0
    return min(number, _MOST_BYTES)


def _chunks(stream: BufferedIOBase) -> bytes:
    """Return a body that comes in chunks, up to the last one that is wanted."""
    body = b""
    while len(body) < _MOST_BYTES and (
        size := _digits(stream.readline(_LINE).partition(b";")[0].strip().decode("latin-1"), 16)
    ):
        body += stream.read(size)
        stream.readline(_LINE)
    return body
