"""Running somebody's command: a clear outcome whatever it does, and nothing left running."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from covermock.fixtures import commands
from covermock.fixtures.commands import KEPT, Outcome, Output, UnstartableError, run

MARK = "GATEWAY_BASE_URL"


def ran(command: Sequence[str], timeout: float = 10, name: str = "one") -> Outcome:
    """Run a command that is marked with a name."""
    mark = f"http://{name}.test"
    return run(command, {**os.environ, MARK: mark}, f"{MARK}={mark}", timeout)


def python(code: str) -> list[str]:
    """Return the command that runs a program."""
    return [sys.executable, "-S", "-E", "-c", code]


def marked(name: str) -> list[str]:
    """Return the processes that carry the mark of a command, zombies left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}=http://{name}.test".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


def test_a_command_ends_with_its_code_and_output() -> None:
    """Standard output and errors are one stream, in order."""
    outcome = ran(python("import sys; print('a', flush=True); sys.stderr.write('b\\n'); sys.exit(3)"))

    assert (3, "", "", b"a\nb\n", 0) == (outcome.code, outcome.signal, outcome.stopped, outcome.output, outcome.left)


@pytest.mark.parametrize("command", [["no-such-command-here"], ["/"], [__file__], ["a\0b"], [""]])
def test_a_command_that_cannot_be_started_is_told(command: list[str]) -> None:
    """The message names the command and the system's reason."""
    with pytest.raises(UnstartableError, match="expected a command that can be started, received"):
        ran(command)


def test_a_command_that_hangs_is_ended() -> None:
    """Even one that ignores being asked."""
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    outcome = ran(python(code), timeout=0.5, name="hangs")

    assert (None, "late", b"on\n") == (outcome.code, outcome.stopped, outcome.output)
    assert outcome.ended - outcome.began < 5
    assert [] == marked("hangs")


FORKS = """
import os, signal, time
for leaves in (False, True):
    if os.fork() == 0:
        if leaves:
            os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
time.sleep(0.3)
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")
def test_what_a_command_leaves_behind_is_ended() -> None:
    """Children of children too, those with a session of their own, and those that ignore being asked."""
    outcome = ran(python(FORKS), name="forks")

    assert (0, 2) == (outcome.code, outcome.left)
    assert [] == marked("forks")


def test_a_command_that_is_killed_is_told_by_its_signal() -> None:
    """A death by signal is no exit code."""
    outcome = ran(python("import os; os.kill(os.getpid(), 9)"))

    assert (None, "SIGKILL") == (outcome.code, outcome.signal)


def test_endless_output_is_cut_in_the_middle() -> None:
    """The beginning and the end are kept, and what is missing is told."""
    outcome = ran(python("import sys\nfor _ in range(4000): sys.stdout.write('x' * 99 + '\\n')\nprint('end')"))

    assert outcome.output.startswith(b"x" * 99)
    assert outcome.output.endswith(b"end\n")
    assert b"bytes of output left out" in outcome.output
    assert len(outcome.output) < 2 * KEPT + 100


def test_the_pipe_is_closed_by_its_reader_however_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else keeps the output open: the run ends without it, and the end of the output closes the pipe."""
    monkeypatch.setattr(commands, "_GRACE", 0.0)
    reading, writing = os.pipe()
    stream = os.fdopen(reading, "rb", buffering=0)
    before = set(threading.enumerate())
    with commands._reader(SimpleNamespace(stdout=stream), Output()):  # type: ignore[arg-type]
        [reader] = set(threading.enumerate()) - before
    assert not stream.closed

    os.close(writing)
    reader.join()

    assert stream.closed


def covermock(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run our command line."""
    command = [sys.executable, "-m", "covermock.cli", "client", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_line_tells_what_could_not_be_tested() -> None:
    """A command that can't be started, or asks for nothing, is exit code 3."""
    unstartable, idle = covermock("--", "no-such-command-here"), covermock("--", *python("print('hi')"))

    assert (3, 3) == (unstartable.returncode, idle.returncode)
    assert "could not test: expected a command that can be started" in unstartable.stdout
    assert "the command made no request (exit code 0)" in idle.stdout
    assert "hi" in idle.stdout


def test_output_is_shown_without_secrets_and_control_characters() -> None:
    """Binary output does not reach the terminal, nor does a key of a real gateway."""
    code = "import sys; sys.stdout.buffer.write(b'\\x1b[2J\\xff\\x00 aio_real_key aio_covermock_client\\n')"

    output = covermock("--", *python(code)).stdout

    assert "\x1b" not in output
    assert "<redacted> aio_covermock_client" in output
    assert "aio_real_key" not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenarios", "hapy", "--", "true"], "did you mean 'happy'"),
        (["--report", "x.doc", "--", "true"], "expected a file that ends in .json"),
        (["--env", "base=X", "--", "true"], "expected one of the values, received 'base'"),
        (["--env", "base_url", "--", "true"], "expected VALUE=NAME"),
        (["--world", "nowhere", "--", "true"], "expected the name of a world"),
        ([], "Missing argument"),
    ],
)
def test_bad_usage_is_refused(arguments: list[str], message: str) -> None:
    """It is exit code 2, with one line that says what is expected."""
    ended = covermock(*arguments)

    assert 2 == ended.returncode
    assert message in ended.stderr


def test_reports_are_written_by_suffix(tmp_path: Path) -> None:
    """Each form holds the verdict and the rule that was broken."""
    names = [str(tmp_path / f"report{suffix}") for suffix in (".json", ".xml", ".md", ".html", ".sarif")]
    flags = [part for name in names for part in ("--report", name)]
    job = Path(__file__).parent / "clients" / "job.py"

    ended = covermock(*flags, "--cover-min", "5", "--", sys.executable, "-S", "-E", str(job), "cover", "taskID")

    assert 1 == ended.returncode
    for name in names:
        assert "valid-request" in Path(name).read_text()


def test_names_and_placeholders_are_the_users() -> None:
    """Values come under other names where wanted, and in arguments."""
    code = "import os, sys; print(sys.argv[1] == os.environ['API_URL'])"

    assert "True" in covermock("--env", "base_url=API_URL", "--", *python(code), "{base_url}").stdout


@pytest.mark.skipif(shutil.which("sleep") is None, reason="sleep is missing")
def test_an_interrupted_run_leaves_nothing_behind() -> None:
    """A signal to us ends the command too, and is our exit code."""
    command = [sys.executable, "-m", "covermock.cli", "client", "--", "sleep", "31.4159"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 10
        while not sleeping() and time.monotonic() < end:
            os.sched_yield()
        process.send_signal(signal.SIGTERM)

        assert 143 == process.wait(10)
    assert [] == sleeping()


def sleeping() -> list[str]:
    """Return the processes that are the command of the test above."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes() == b"sleep\x0031.4159\0":
                found.append(folder.name)
        except OSError:
            continue
    return found


def test_a_suite_that_notices_a_defect_is_told_from_one_that_does_not() -> None:
    """The command is run against each defect; what no longer passes has noticed it."""
    job = Path(__file__).parent / "clients" / "job.py"
    defects = ("--defects", "success-in-small-letters,deep-500")

    ended = covermock(*defects, "--", sys.executable, "-S", "-E", str(job), "cover")

    assert 0 == ended.returncode
    assert "1 of 2 defects of the gateway are noticed" in ended.stdout
    assert re.search(r"deep-500 .*MISSED.*G15", ended.stdout)
    assert re.search(r"success-in-small-letters .*noticed.*C9", ended.stdout)
