"""What is freed goes back to the system, now and then while a server runs; clients that go leave no garbage."""

import gc
import socket
import subprocess
import sys
from threading import Event

import pytest
from covermock.mock_server import Mock, Settings
from covermock.mock_server.server import server, spare_memory
from support.fakes import COVER, COVER_STATUS, KEY, NOON
from support.servers import PATIENCE, server_in_thread

# A journal's way: texts of many lengths come and go in the midst of what stays, until the heap is full of gaps.
GAPS = """
from pathlib import Path
from covermock.mock_server.server.spare_memory import give_back
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
texts = [bytes(600 + number % 7000) for number in range(30_000)]
full = resident()
del texts
rest = [bytes(600 + number % 7000) for number in range(30_000)]
rest = rest[::100]
before = resident()
give_back()
print(full, before, resident())
"""


def call(method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    """Return the bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


GET, POST = call("GET", f"{COVER_STATUS}?task_id=x"), call("POST", COVER, b'{"taskId":"x"}')
CLOSING = GET.replace(b"Host:", b"Connection: close\r\nHost:")
NO_HTTP = b"\x16\x03\x01 no HTTP at all\r\n\r\n"
CONTROL = (
    call("GET", "/__mock/worlds/docs/ledger"),
    call("POST", "/__mock/worlds", b"{}", "text/html"),
    call("POST", "/__mock/worlds", b'{"name": "other"}'),
    call("POST", "/__mock/worlds/other/fork", b'{"name": "third"}'),
    call("POST", "/__mock/worlds/other/wait", b'{"requests": {"count": 1}, "timeout": 0.01}'),
    call("POST", "/__mock/worlds/other/replay"),
    call("DELETE", "/__mock/worlds/other"),
    call("DELETE", "/__mock/worlds/third"),
)
STRAY = POST.replace(KEY.encode(), b"aio_nobodys_key")
ENDS = (GET, CLOSING, NO_HTTP, GET[:20], POST, POST[:-5], STRAY, *CONTROL)


@pytest.mark.skipif(spare_memory._trim() is None, reason="needs glibc, which alone has malloc_trim")
def test_memory_between_what_stays_is_given_back() -> None:
    """A hundred MiB with a few texts left in them: the C library keeps most, until it is asked."""
    command = [sys.executable, "-c", GAPS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    full, before, after = map(float, done.stdout.split())

    assert before > full * 0.6
    assert after < before * 0.5


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no `malloc_trim`, nothing is done, and nothing fails."""
    monkeypatch.setattr(spare_memory, "_trim", lambda: None)

    spare_memory.give_back()


def test_a_running_server_gives_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does so again and again."""
    given: list[None] = []
    twice = Event()

    def give() -> None:
        given.append(None)
        if len(given) == 2:
            twice.set()

    monkeypatch.setattr(server, "give_back", give)
    monkeypatch.setattr(server, "_SWEEP_SECONDS", 0.01)
    monkeypatch.setattr(server, "_SWEEPS_OF_MEMORY", 2)
    with server_in_thread(Mock(Settings(), NOON)):
        assert twice.wait(PATIENCE)


def test_connections_that_end_leave_nothing_for_the_garbage_collector() -> None:
    """A server looks for garbage once in a million objects: what a client leaves behind has to go by itself."""

    def visit(port: int) -> None:
        for sent in ENDS:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65_536):
                    pass

    with server_in_thread(Mock(Settings("docs"), NOON)) as (url, _):
        port = int(url.rpartition(":")[2])
        visit(port)
        gc.collect()
        gc.disable()
        try:
            for _ in range(50):
                visit(port)
            left = gc.collect()
        finally:
            gc.enable()

    assert left < 50, "expected no garbage of 750 connections, received so many objects of it"
