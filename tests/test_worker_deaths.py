"""Workers that die, freeze or can't be started: the port lives on, or the command ends and says why."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from covermock.cli import workers
from covermock.cli.worker import Worker
from covermock.mock_server.server.server import bind
from support.engines import Engine, wait_until
from support.fakes import Fake
from support.servers import PATIENCE, Process, environment, serving

# Read by Python at its start: lets a test decide what becomes of the children of a process, while a file says so.
FAULTS = """
import errno, os
from pathlib import Path
told, fork = Path(os.environ["FAULT_FILE"]), os.fork
def fault():
    return told.read_text() if told.exists() else ""
def forked():
    if fault().startswith("exit"):
        os._exit(int(fault()[4:]))
def forking():
    if fault() == "fork":
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()
os.fork = forking
os.register_at_fork(after_in_child=forked)
"""
IMPATIENT = """
from dataclasses import replace
from covermock.cli import main, workers
workers.PATIENCE = replace(workers.PATIENCE, silence=2.5)
main()
"""


OPEN = httpx.Client(trust_env=False, timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0))


class Faults:
    """Faults that children of the command meet from now on."""

    def __init__(self, folder: Path) -> None:
        (folder / "sitecustomize.py").write_text(FAULTS)
        self._file = folder / "fault"
        self.environment = {"PYTHONPATH": str(folder), "FAULT_FILE": str(self._file)}

    def begin(self, what: str) -> None:
        """Let every child `exit7` at once, or every `fork` fail."""
        self._file.write_text(what)

    def end(self) -> None:
        """Let children live again."""
        self._file.unlink()


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Faults of a command that is started with their environment."""
    return Faults(tmp_path)


@pytest.fixture
def url(redis: Engine) -> str:
    """An empty Redis."""
    redis.empty()
    return redis.url


def crew(process: Process) -> set[int]:
    """Return the process ids of the workers that live."""
    pid = process.popen.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in children if lives(int(child))}


def lives(pid: int) -> bool:
    """Return True if the process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def answers(process: Process, connections: int = 24) -> bool:
    """Return True if connections, which the kernel shares out among all workers, are all answered."""
    try:
        statuses = {OPEN.get(f"{process.url}/__mock/readyz").status_code for _ in range(connections)}
    except httpx.TransportError:
        return False
    return {200} == statuses


def kill(pids: set[int], number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to processes that may just have ended."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def lines_until(process: Process, words: str) -> str:
    """Return what the command has printed, up to the line with these words."""
    lines = [process.line()]
    while words not in lines[-1]:
        assert process.alive or lines[-1], "\n".join(lines)
        lines.append(process.line())
    return "\n".join(lines)


def rest(process: Process) -> str:
    """Return what the command still prints, to its end."""
    assert process.popen.stdout is not None
    return process.popen.stdout.read()


@pytest.mark.parametrize("together", [True, False])
def test_successors_answer_once_all_of_the_first_are_gone(url: str, together: bool) -> None:
    """Killed all at once or one after the other: their successors live and answer, and each death is said."""
    with serving("--store", url, "--workers", "3") as process:
        first = crew(process)
        for some in [first] if together else [{pid} for pid in first]:
            kill(some)
            wait_until(lambda some=some: not any(map(lives, some)) and len(crew(process)) == 3 and answers(process))
        successors = crew(process)
        code = process.stop()
        said = rest(process)

    assert 3 == len(successors - first)
    assert 143 == code
    assert 3 == said.count("was ended by SIGKILL; another one takes its place")
    wait_until(lambda: not any(map(lives, successors)))


def test_workers_that_are_killed_again_and_again_have_successors(url: str) -> None:
    """A killer from outside never makes the command give up, however short the lives that it leaves."""
    with serving("--store", url, "--workers", "2") as process:
        for _ in range(12):
            before = crew(process)
            kill(before)
            wait_until(lambda before=before: crew(process) - before != set())

        wait_until(lambda: answers(process))
        assert process.alive


def test_a_successor_that_dies_early_is_said_and_too_many_end_the_command(url: str, faults: Faults) -> None:
    """One line for each, then one with the reason and the remedy; exit 3, and no worker is left."""
    with serving("--store", url, "--workers", "2", **faults.environment) as process:
        first = crew(process)
        faults.begin("exit7")
        kill({min(first)})
        said = rest(process)
        code = process.popen.wait(PATIENCE)

    assert 3 == code
    assert [f"({number} of 5 in a row)" in said for number in range(1, 6)] == [True, True, True, True, False]
    assert "ended with exit code 7 before it was ready" in said
    assert "covermock: expected workers that stay alive, received 5 failures in a row" in said
    assert "Traceback" not in said
    assert not any(map(lives, first))


def test_workers_that_never_begin_end_the_command(url: str, faults: Faults) -> None:
    """A crew that can't be started is exit 3, and says on standard output nothing that would be false."""
    faults.begin("exit7")
    command = [sys.executable, "-m", "covermock.cli", "serve", "--port", "0", "--store", url, "--workers", "2"]
    env = environment(**faults.environment)
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=PATIENCE, check=False)

    assert (3, "") == (done.returncode, done.stdout)
    assert "expected workers that stay alive" in done.stderr


def test_a_fork_that_fails_for_a_while_is_tried_again(url: str, faults: Faults) -> None:
    """A machine that is short of processes for a moment costs nothing but that moment."""
    with serving("--store", url, "--workers", "2", **faults.environment) as process:
        faults.begin("fork")
        kill(crew(process))
        lines_until(process, "a worker could not be started: Resource temporarily unavailable (2 of 5 in a row)")
        faults.end()

        wait_until(lambda: len(crew(process)) == 2 and answers(process))


def test_a_signal_ends_a_crew_in_the_midst_of_its_replacement(url: str, faults: Faults) -> None:
    """While the command waits to start a successor it hears SIGTERM as at any other time."""
    with serving("--store", url, "--workers", "2", **faults.environment) as process:
        first = crew(process)
        faults.begin("exit7")
        kill({min(first)})
        lines_until(process, "(3 of 5 in a row)")

        assert 143 == process.stop(signal.SIGTERM)
        assert not any(map(lives, first))


def test_a_frozen_worker_is_replaced(url: str) -> None:
    """A worker that is stopped and never goes on takes connections, and answers none: it is killed, and said."""
    with impatient(url) as process:
        frozen = min(crew(process))
        kill({frozen}, signal.SIGSTOP)

        assert "has given no sign of life for 2.5 s and is killed" in lines_until(process, f"worker {frozen}")
        wait_until(lambda: not lives(frozen) and len(crew(process)) == 2 and answers(process))


class Clock:
    """A clock for the command's own module, and waits that only move it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now, self.slept = 0.0, 0.0
        patch.setattr(workers, "wait_for_signal", self.wait)
        patch.setattr(workers, "time", self)

    def monotonic(self) -> float:
        """Return the instant."""
        return self.now

    def wait(self, seconds: float) -> int:
        """Wait, and sleep as long as the machine was told to."""
        self.now += seconds + self.slept
        return 0


def test_the_time_in_which_the_command_was_stopped_itself_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-Z, or a laptop that sleeps, makes no worker frozen; half a minute without a sign does."""
    clock, killed = Clock(monkeypatch), []
    monkeypatch.setattr(workers.os, "kill", lambda *given: killed.append(given))
    with bind("127.0.0.1", 0) as holder:
        crew = workers.Workers(Fake().mock, holder, 1)
    signs, _ = os.pipe()
    os.set_blocking(signs, False)
    crew._alive, crew._due = {4711: Worker(4711, signs, 0.0, ready=0.0)}, []

    clock.slept = 3600.0
    crew._next_signal()
    crew._listen()
    assert [] == killed

    clock.slept = 0.0
    for _ in range(30):
        crew._next_signal()
        crew._listen()
    assert [(4711, signal.SIGKILL)] == killed


@contextlib.contextmanager
def impatient(url: str) -> Iterator[Process]:
    """Run a crew of two whose workers count as frozen soon."""
    command = [sys.executable, "-c", IMPATIENT, "serve", "--port", "0", "--store", url, "--workers", "2"]
    with subprocess.Popen(
        command, text=True, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as popen:
        try:
            assert popen.stdout is not None
            yield Process(popen, popen.stdout.readline().split()[-1])
        finally:
            popen.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_frozen_worker_ends_with_its_parent(url: str, number: signal.Signals) -> None:
    """Whether the command is asked to end or killed: no worker is left, not even one that is stopped."""
    with serving("--store", url, "--workers", "2") as process:
        first = crew(process)
        kill({min(first)}, signal.SIGSTOP)

        assert {signal.SIGTERM: 143, signal.SIGKILL: -9}[number] == process.stop(number)
        wait_until(lambda: not any(map(lives, first)))


def test_a_parent_that_ignores_dead_children_changes_nothing(url: str) -> None:
    """SIGCHLD may be ignored where the command is started; deaths are seen all the same."""
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", ignoring, sys.executable, "-m", "covermock.cli", "serve", "--port", "0"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(
        [*command, "--store", url, "--workers", "2"], text=True, env=environment(), **streams
    ) as popen:  # type: ignore[call-overload]
        assert popen.stdout is not None
        process = Process(popen, popen.stdout.readline().split()[-1])
        first = crew(process)
        kill(first)

        wait_until(lambda: len(crew(process) - first) == 2 and answers(process))
        assert 143 == process.stop()


def test_many_workers_all_answer_and_all_end(url: str) -> None:
    """Twelve are no different from two."""
    with serving("--store", url, "--workers", "12") as process:
        first = crew(process)
        kill(set(sorted(first)[:6]))
        wait_until(lambda: len(crew(process)) == 12 and answers(process, 60))
        last = crew(process)
        code = process.stop()

    assert (143, 12) == (code, len(first))
    wait_until(lambda: not any(map(lives, last)))
