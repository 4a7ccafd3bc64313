"""What is freed goes back to the system, and a server that runs does that now and then."""

import subprocess
import sys
from threading import Event

import pytest
from covermock.mock_server import Mock, Settings
from covermock.mock_server.server import server, spare_memory
from support.fakes import NOON
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
