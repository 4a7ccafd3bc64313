"""Nothing of a command outlives its run: daemons, bombs, stopped processes; and what can't be ended is said."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from covermock.contract_tests.clients.experience import Ending, Experience
from covermock.contract_tests.clients.verdicts import findings_of
from covermock.fixtures import supervisor
from covermock.fixtures.commands import run
from covermock.fixtures.supervisor import Family, end_all
from covermock.openapi import load
from support.engines import wait_until
from support.servers import COVERMOCK, PATIENCE, environment

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux hands orphans over to who has asked for them"
)
# Leaves its session, its parents, its environment and its streams, as daemons do; it can't be asked to end.
DAEMON = """
import os, sys
begun, open_until_it_runs = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        sleep = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        os.execve(sys.executable, [sys.executable, "-S", "-E", "-c", sleep, sys.argv[1]], {})
    os._exit(0)
os.close(open_until_it_runs)
os.wait()
os.read(begun, 1)
"""
WAITING_DAEMON = f"{DAEMON}\nimport time; time.sleep(600)"
STOPPED = """
import os, signal
if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
else:
    os.waitpid(-1, os.WUNTRACED)
"""
KILLER = """
import os, time
if os.fork() == 0:
    os.setsid()
else:
    os.kill(os.getppid(), 9)
time.sleep(600)
"""
# Six are alive at any time, each for a moment, a thousand one after another: a machine bears it, whoever kills them.
MOVING = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        for _ in range(1000):
            if os.fork():
                os._exit(0)
            time.sleep(0.02)
        os._exit(0)
time.sleep(600)
"""


@pytest.fixture
def name() -> Iterator[str]:
    """A word that stands in the arguments of the processes of one test; none is left when it ends."""
    word = f"covermock-{uuid4().hex}"
    yield word
    for pid in living(word):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def living(name: str) -> set[int]:
    """Return the processes with a word among their arguments; zombies have none."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if name.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found


def python(code: str, name: str) -> list[str]:
    """Return the command that runs a program which is known by a word."""
    return [sys.executable, "-S", "-E", "-c", code, name]


def test_a_daemon_is_ended_although_nothing_of_the_command_is_left_on_it(name: str) -> None:
    """A double fork, a session of its own, an empty environment: it is found, counted and ended."""
    outcome = run(python(DAEMON, name), os.environ, f"NAME={name}", PATIENCE)

    assert (0, 1, 0) == (outcome.code, outcome.left, outcome.survived)
    assert set() == living(name)


def test_one_command_s_end_is_not_another_s(name: str) -> None:
    """Of two commands at a time, the one that ends takes its own daemon along, and leaves the other's alone."""
    other = f"{name}-other"
    stopped: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        still = pool.submit(
            run, python(WAITING_DAEMON, other), os.environ, f"NAME={other}", 600, lambda: "".join(stopped)
        )
        wait_until(lambda: len(living(other)) > 1)
        run(python(DAEMON, name), os.environ, f"NAME={name}", PATIENCE)
        try:
            assert set() == living(name)
            assert len(living(other)) > 1
        finally:
            stopped.append("enough")
        outcome = still.result()

    assert (None, "enough", 0) == (outcome.code, outcome.stopped, outcome.survived)
    assert set() == living(other)


def test_processes_that_pass_themselves_on_are_ended(name: str) -> None:
    """Each lives for a moment, and its child goes on: they are found and killed all the same."""
    outcome = run(python(MOVING, name), os.environ, f"NAME={name}", 1.0)

    assert ("late", 0) == (outcome.stopped, outcome.survived)
    assert set() == living(name)


def test_a_stopped_process_is_ended(name: str) -> None:
    """Who is stopped can't be asked, and is ended all the same."""
    outcome = run(python(STOPPED, name), os.environ, f"NAME={name}", PATIENCE)

    assert (0, 1, 0) == (outcome.code, outcome.left, outcome.survived)
    assert set() == living(name)


def test_a_command_that_kills_who_watches_it_is_ended(name: str) -> None:
    """Its supervisor is its parent, and can be killed; then its session and its mark are looked for."""
    env = {**os.environ, "NAME": name}
    outcome = run(python(KILLER, name), env, f"NAME={name}", PATIENCE)

    assert (None, "SIGKILL", 0) == (outcome.code, outcome.signal, outcome.survived)
    assert set() == living(name)


def test_a_killed_command_line_leaves_nothing(name: str) -> None:
    """Even `kill -9` of covermock itself ends what it has started, daemons too."""
    command = [*COVERMOCK, "client", "--", *python(WAITING_DAEMON, name)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: len(living(name) - {process.pid}) > 2)
        process.kill()

    wait_until(lambda: not living(name))


def test_what_survives_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that can't be killed, for it is another user's, is neither said to be ended nor waited for forever."""
    monkeypatch.setattr(supervisor, "FORCED", 0.1)
    monkeypatch.setattr(supervisor, "ASKED", 0.1)
    alive, seen = {11, 12}, []

    def kill(pid: int, number: int) -> None:
        seen.append((pid, number))
        if pid == 11 and number == signal.SIGKILL:
            alive.discard(pid)
        elif pid == 12:
            raise PermissionError

    assert (2, 1) == end_all(lambda: Family(set(alive), {11}), kill)
    assert {(-11, signal.SIGTERM), (-11, signal.SIGKILL), (12, signal.SIGTERM)} <= set(seen)


@pytest.mark.parametrize(("survived", "said"), [(0, "they were ended"), (1, "1 of them could not be ended")])
def test_the_report_says_what_became_of_them(survived: int, said: str) -> None:
    """It claims no end that it has not seen."""
    [found] = findings_of(Experience(load(), [], ending=Ending(code=0, left=2, survived=survived), job=False))

    assert ("leaves-nothing", f"2 processes that outlived it; {said}") == (found.rule, found.received)
