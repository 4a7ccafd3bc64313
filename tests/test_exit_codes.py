"""Exit code 1 says that the contract is broken, and nothing else does: full disks, closed pipes, crashes, Ctrl-C."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import httpx
import pytest
from covermock.cli import output, running
from support.engines import wait_until
from support.reference_gateway import Quirks, Served
from support.servers import COVERMOCK, PATIENCE, environment

FULL = Path("/dev/full")
KEY = "aio_main_Key"
FAST = Quirks(stage=0.05, retries=(0.05,))
LONG = 10 * PATIENCE  # a run that hangs ends, however busy the machine
OUTLETS = ("full", "closed", "broken pipe")
PRINTING = ("spec", "spec --format json", "explain C5", "scenarios", "defects", "--help", "serve --help", "--version")
SERVING = ("serve --port 0", "client -- true")
# Read by Python at its start: a Ctrl-C in the midst of an import, or at the very end.
INTERRUPT = """
import atexit, os, signal, sys
at = os.environ.pop("INTERRUPT_AT")
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
def heard(event, given, told=[]):
    if event == "import" and given[0] == at and not told:
        told.append(at)
        interrupt()
atexit.register(interrupt) if at == "exit" else sys.addaudithook(heard)
"""
CRASH = """
from covermock.cli import main
from covermock.fixtures import running_clients
def verdict(self):
    raise {crash}
running_clients.Run.verdict = verdict
main()
"""

Done = subprocess.CompletedProcess[str]


@contextlib.contextmanager
def outlet(kind: str) -> Iterator[dict[str, Any]]:
    """Yield what starts a process with a standard output that is full, closed, or read by nobody."""
    if kind == "full" and not FULL.exists():
        pytest.skip("needs /dev/full, a disk that is full")
    if kind == "closed":
        yield {"preexec_fn": lambda: os.close(1)}
        return
    with FULL.open("w") if kind == "full" else _nobody() as stream:
        yield {"stdout": stream}


@contextlib.contextmanager
def _nobody() -> Iterator[int]:
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def covermock(*arguments: str, settings: dict[str, Any] | None = None, **env: str) -> Done:
    """Run the command to its end."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **(settings or {})}
    command = [*streams.pop("command", COVERMOCK), *arguments]
    return subprocess.run(command, text=True, env=environment(**env), timeout=LONG, check=False, **streams)


def check(url: str, *arguments: str, settings: dict[str, Any] | None = None, **env: str) -> Done:
    """Judge a gateway."""
    flags = ("--music-task", "gen", "--patience", "4", *arguments)
    return covermock("check", url, *flags, settings=settings, **{"COVERMOCK_API_KEY": KEY, **env})


@pytest.fixture
def gateway() -> Iterator[str]:
    """A gateway that breaks C7."""
    with Served(FAST, "one-image") as served:
        yield served.url


def told(done: Done) -> str:
    """Return the one line that a command must have said of why it could not go on."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("quote: ")]

    assert (3, 1) == (done.returncode, len(lines)), done.stderr
    assert lines[0].startswith("covermock: ")
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [*((one, "full") for one in PRINTING), *((one, kind) for one in ("spec", "--help", *SERVING) for kind in OUTLETS)],
)
def test_a_result_that_can_not_be_printed_is_exit_3_and_a_line(arguments: str, kind: str) -> None:
    """Every command, help and version too: no traceback, no exit code 1, and none of Python's own."""
    with outlet(kind) as settings:
        done = covermock(*arguments.split(), settings=settings)

    reason = {"full": "No space left on device", "closed": "it is closed", "broken pipe": "Broken pipe"}[kind]
    assert f"expected to write to standard output, received: {reason}" in told(done)


@pytest.mark.parametrize(("arguments", "code"), [("explain C5", 0), ("explain C55", 2), ("client -- true", 3)])
def test_a_full_standard_error_changes_no_exit_code(arguments: str, code: int) -> None:
    """Remarks may be lost."""
    with outlet("full") as settings:
        done = covermock(*arguments.split(), settings={"stderr": settings["stdout"]})

    assert code == done.returncode


@pytest.mark.parametrize(
    "remark",
    [lambda stream, text: output.Remarks(stream).write(text), lambda stream, text: running._remark(text, stream)],
)
def test_a_remark_that_nobody_reads_is_lost(
    monkeypatch: pytest.MonkeyPatch, remark: Callable[[TextIO, str], object]
) -> None:
    """A full pipe holds nobody: who has workers to replace would wait for its reader, and nobody would replace them."""
    monkeypatch.setattr(output, "_PATIENCE", 1)
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream, ThreadPoolExecutor(1) as thread:
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 512)
        os.set_blocking(writer, True)
        done, _ = wait([thread.submit(remark, stream, "worker 7 was ended by SIGKILL\n")], PATIENCE)
        os.close(reader)  # which ends what still waits

    assert 1 == len(done)


def test_a_server_goes_on_when_its_first_line_was_read() -> None:
    """`covermock serve | head -1`: whoever needs no more than the URL may go."""
    command = [*COVERMOCK, "serve", "--port", "0"]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, env=environment(), bufsize=1) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1]
            server.stdout.close()

            assert 200 == httpx.get(f"{url}/__mock/readyz", trust_env=False).status_code
            assert server.poll() is None
        finally:
            server.kill()


@pytest.mark.parametrize("kind", OUTLETS)
def test_a_verdict_that_can_not_be_printed_is_still_written_and_said(gateway: str, tmp_path: Path, kind: str) -> None:
    """The report file is whole, and the line tells what the verdict was."""
    report = tmp_path / "report.md"
    with outlet(kind) as settings:
        line = told(check(gateway, "--report", str(report), settings=settings))

    assert "expected to write to standard output" in line
    assert line.endswith("the verdict was: the contract is broken")
    assert "C7" in report.read_text()


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, a disk that is full")
@pytest.mark.parametrize("command", ["check", "client"])
def test_a_report_on_a_full_disk_is_said_and_the_others_are_written(gateway: str, tmp_path: Path, command: str) -> None:
    """The verdict is printed, the second file is there, and the line names the first."""
    full, other = tmp_path / "full.json", tmp_path / "other.md"
    full.symlink_to(FULL)
    flags = ("--report", str(full), "--report", str(other))
    done = check(gateway, *flags) if command == "check" else covermock("client", *flags, "--", "true")

    assert f"expected to write {full}, received: No space left on device" in told(done)
    assert {"check": "the contract is broken: C7", "client": "could not test"}[command] in done.stdout
    assert other.read_text()


@pytest.mark.parametrize("command", ["check", "client"])
def test_a_report_that_can_never_be_written_is_refused_before_anything_is_paid(tmp_path: Path, command: str) -> None:
    """The place is tried first: exit 3, and not one request was sent."""
    place = tmp_path / "report.json"
    place.mkdir()
    with Served(FAST) as served:
        flags = ("--report", str(place))
        done = check(served.url, *flags) if command == "check" else covermock("client", *flags, "--", "true")

        assert f"expected to write {place}, received: Is a directory; nothing was asked" in told(done)
        assert 0 == served.gateway.requests


def test_a_crash_of_check_is_exit_3_and_nothing_is_repeated(tmp_path: Path) -> None:
    """A part that is broken ends the run with a line; no request is sent twice, no credit spent twice."""
    (tmp_path / "schemathesis.py").write_text(f"raise LookupError('a fault, with {KEY}')")
    with Served(FAST) as served:
        done = check(served.url, PYTHONPATH=str(tmp_path))
        charged = served.gateway.charged

    line = told(done)
    assert 1 == done.stderr.count("quote: ")
    assert 1 == charged
    assert "covermock: crashed: LookupError: a fault, with [key] (" in line
    assert "nothing was repeated; please report it" in line
    assert "Traceback" not in done.stdout + done.stderr


def test_a_crash_of_client_is_exit_3() -> None:
    """So is one of the judge of clients."""
    crash = {"command": (sys.executable, "-c", CRASH.format(crash="LookupError('a fault')"))}
    line = told(covermock("client", "--scenarios", "all", "--", "true", settings=crash))

    assert "covermock: crashed: LookupError: a fault (" in line


@pytest.mark.parametrize(
    "crash", ["SystemExit(1)", "MemoryError()", "RecursionError('deep')", "__import__('pytest').fail('x')"]
)
def test_whatever_ends_a_command_is_no_broken_contract(crash: str) -> None:
    """An exit in a part, a lack of memory, an outcome of pytest that gets out of it: all are crashes."""
    faulty = {"command": (sys.executable, "-c", CRASH.format(crash=crash))}

    assert "covermock: crashed: " in told(covermock("client", "--", "true", settings=faulty))


def test_a_part_that_can_not_be_imported_is_a_crash(tmp_path: Path) -> None:
    """A broken installation is no broken contract."""
    (tmp_path / "yaml.py").write_text("raise ImportError('half installed')")

    assert "crashed: ImportError: half installed" in told(covermock("explain", PYTHONPATH=str(tmp_path)))


@pytest.mark.parametrize(
    "form", [str, lambda key: quote(key, safe="").replace("_", "%5F"), lambda key: b64encode(key.encode()).decode()]
)
def test_a_traceback_is_shown_on_request_without_keys(tmp_path: Path, form: Any) -> None:
    """COVERMOCK_TRACEBACK=1 shows where it was; a key is left out, however it is written."""
    (tmp_path / "schemathesis.py").write_text(f"raise LookupError('a fault, with {form(KEY)}')")
    with Served(FAST) as served:
        done = check(served.url, PYTHONPATH=str(tmp_path), COVERMOCK_TRACEBACK="1")

    assert 3 == done.returncode
    assert "Traceback (most recent call last):" in done.stderr
    assert form(KEY) not in done.stderr
    assert "[key]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "moment"),
    [
        ("spec", "click"),
        ("spec", "covermock.cli.check"),
        ("explain", "yaml"),
        ("serve --port 0", "covermock.mock_server"),
        ("serve --port 0", "asyncio"),
        ("scenarios", "covermock.contract_tests.clients.scenarios"),
        ("client -- true", "covermock.fixtures.running_clients"),
        ("check http://127.0.0.1:9", "covermock.contract_tests.servers"),
        ("--help", "exit"),
        ("explain C5", "exit"),
        ("check http://127.0.0.1:9", "exit"),
        ("client -- true", "exit"),
    ],
)
def test_an_interrupt_at_any_moment_is_exit_130(tmp_path: Path, arguments: str, moment: str) -> None:
    """While something is imported, before a server is bound, after the last line: no traceback."""
    (tmp_path / "sitecustomize.py").write_text(INTERRUPT)
    more = {"PYTHONPATH": str(tmp_path), "INTERRUPT_AT": moment, "COVERMOCK_API_KEY": KEY}
    done = covermock(*arguments.split(), **more)

    assert (130, "") == (done.returncode, done.stderr)


def test_a_wait_that_is_interrupted_is_exit_130() -> None:
    """`ready` ends at once, while it waits for an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with interruptible("ready", url, "--timeout", str(2 * PATIENCE)) as process:
            asked, _ = listener.accept()
            process.send_signal(signal.SIGINT)
            printed, said = process.communicate(timeout=LONG)
            asked.close()

    assert (130, "", "") == (process.returncode, printed, said)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_interrupted_reports_what_it_has_seen(number: signal.Signals, code: int) -> None:
    """In the midst of judging: the report is there, and the exit code is the signal's, even where nobody reads."""
    for read in (True, False):
        with Served(FAST) as served, interruptible("check", served.url, COVERMOCK_API_KEY=KEY) as process:
            wait_until(lambda served=served: served.gateway.requests > 20)
            if not read and process.stdout:
                process.stdout.close()
            process.send_signal(number)
            said = process.stderr.read() if process.stderr else ""
            printed = process.stdout.read() if read and process.stdout else ""

            assert code == process.wait(LONG)
        assert ("sentences" in printed) is read
        assert "Traceback" not in said
        assert ("the run was interrupted" in said) is not read


@contextlib.contextmanager
def interruptible(*arguments: str, **env: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the command, and end it whatever happens."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COVERMOCK, *arguments], text=True, env=environment(**env), **streams) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()
