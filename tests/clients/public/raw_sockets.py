"""A client on bare sockets: HTTP/1.0 to poll; Expect: 100-continue and a chunked body to start; odd headers."""

import json
import os
import socket
import sys
import time
from urllib.parse import quote, urlsplit

ROOT = "/api/v1/audio/music/cover"
PAUSE = float(os.environ.get("PAUSE", "5"))
PLACE = urlsplit(os.environ["GATEWAY_BASE_URL"])
KEY = os.environ["GATEWAY_API_KEY"]


def read_answer(line: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Return the answer on a connection that the server closes."""
    raw = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = raw.partition(b"\r\n\r\n")
    if not head:
        return 0, {}, b""
    first, *rows = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), {n.lower(): v.strip() for n, _, v in (row.partition(":") for row in rows)}, body


def start() -> tuple[int, dict[str, str], bytes]:
    """Send the head, wait for 100, then the body in chunks."""
    body = json.dumps({"taskId": os.environ["GATEWAY_MUSIC_TASK"]}).encode()
    head = (
        f"POST {ROOT}/generate HTTP/1.1\r\nHost: {PLACE.netloc}\r\nAUTHORIZATION:   Bearer {KEY}\r\n"
        "content-type: Application/JSON\r\nTransfer-Encoding: chunked\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((PLACE.hostname, PLACE.port), timeout=30) as line:
        line.sendall(head.encode())
        first = line.recv(65536)
        if b"100" in first.split(b"\r\n")[0]:
            half = len(body) // 2
            for part in (body[:half], body[half:], b""):
                line.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            return read_answer(line)
        return int(first.split()[1]), {}, b""


def poll(task: str) -> tuple[int, dict[str, str], bytes]:
    head = f"GET {ROOT}/status?task_id={quote(task, safe='')} HTTP/1.0\r\nauthorization: Bearer {KEY}\r\n\r\n"
    with socket.create_connection((PLACE.hostname, PLACE.port), timeout=30) as line:
        line.sendall(head.encode())
        return read_answer(line)


def main() -> int:
    """Start once, poll to the end."""
    status, _, body = start()
    if status != 200:
        return 1
    task = json.loads(body)["data"]["taskId"]
    for _ in range(60):
        try:
            status, headers, body = poll(task)
        except OSError:
            status, headers = 0, {}
        if 400 <= status < 500 and status != 429:
            return 1
        state = json.loads(body)["data"]["status"] if status == 200 else ""
        if state in {"SUCCESS", "FAILED"}:
            return int(state == "FAILED")
        time.sleep(max(float(headers.get("retry-after", 0)), PAUSE))
    return 1


try:
    sys.exit(main())
except OSError as error:
    sys.exit(str(error))
