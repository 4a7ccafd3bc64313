"""The log of `serve`: what a line says, for people and for programs, and that it never waits for its reader."""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from covermock.mock_server.http.messages import Answer, Request
from covermock.mock_server.log import requests
from covermock.mock_server.log.lines import Line, Lost, Notice, Sum, as_json, escape, line, plain
from covermock.mock_server.log.requests import MOST, RequestLog, is_coloured
from covermock.mock_server.log.writer import Writer, _pieces
from hypothesis import given
from hypothesis import strategies as st
from support.engines import wait_until
from support.fakes import COVER, COVER_STATUS, KEY, MUSIC
from support.servers import COVERMOCK, PATIENCE, environment

AUTH = {"Authorization": f"Bearer {KEY}"}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


class Served:
    """A server whose log goes to a file, read as often as wanted."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE)

    @property
    def lines(self) -> list[str]:
        """Return the lines so far."""
        return self._log.read_text(encoding="utf-8").splitlines()

    def wait(self, word: str) -> str:
        """Return the first line with the word, once there is one."""
        wait_until(lambda: any(word in one for one in self.lines))
        return next(one for one in self.lines if word in one)


@contextlib.contextmanager
def served(folder: Path, *arguments: str, stderr: Any = None, **env: str) -> Iterator[Served]:
    """Serve from another process; standard error goes to a file unless told otherwise."""
    path = folder / "log.txt"
    command = [*COVERMOCK, "serve", "--port", "0", *arguments]
    with (
        path.open("wb") as log,
        subprocess.Popen(
            command, env=environment(**env), stdout=subprocess.PIPE, stderr=log if stderr is None else stderr, text=True
        ) as popen,
    ):
        try:
            assert popen.stdout is not None
            here = Served(popen.stdout.readline().split()[-1], path)
            with here.http:
                yield here
        finally:
            popen.kill()


def test_a_line_says_what_was_asked_and_answered(tmp_path: Path) -> None:
    """Time, method, path, operation, status, milliseconds, and the task with the state that the answer showed."""
    with served(tmp_path, "--drive", "manual") as here:
        task = here.http.post(COVER, json={"taskId": MUSIC}, headers=AUTH).json()["data"]["taskId"]
        told = here.wait("startCover")

    expected = rf"\d\d:\d\d:\d\d\.\d{{3}}  POST {COVER}  startCover  200  \d+\.\d ms  {task} PENDING"
    assert re.fullmatch(expected, told)


def test_a_refusal_says_why(tmp_path: Path) -> None:
    """The line of a refused request has the text that its client got; so has what is no HTTP."""
    with served(tmp_path) as here:
        message = here.http.get(f"{COVER_STATUS}?task_id=x", headers=AUTH).json()["error"]["message"]
        control = here.http.get("/__mock/worlds/nowhere").json()["detail"]
        with socket.create_connection(("127.0.0.1", int(here.url.rpartition(":")[2]))) as connection:
            connection.sendall(b"no HTTP\r\n\r\n")
            connection.recv(1)
        told = [here.wait(word) for word in ("getCoverStatus", "readWorld", "Malformed HTTP")]

    assert told[0].endswith(f"  {message}")
    assert control in told[1]
    assert "  400  " in told[2]


def test_a_fault_is_named_and_its_delay_counts(tmp_path: Path) -> None:
    """The line comes with the answer: it has the fault that fired, and the milliseconds that it held the answer."""
    with served(tmp_path) as here:
        fault = here.http.post("/__mock/worlds/docs/faults", json={"latency": {"seconds": 0.2}}).json()["id"]
        here.http.get(f"{COVER_STATUS}?task_id=x", headers=AUTH)
        told = here.wait("getCoverStatus")

    assert f"  fault {fault}  " in told
    assert float(told.partition(" ms")[0].rpartition(" ")[2]) >= 200


def test_another_world_is_named(tmp_path: Path) -> None:
    """Requests in another world than the first say in which."""
    with served(tmp_path) as here:
        world = here.http.post("/__mock/worlds", json={}).json()
        key = next(iter(world["accounts"].values()))["key"]
        here.http.get(f"{COVER_STATUS}?task_id=x", headers={"Authorization": f"Bearer {key}"})

        assert f"in world {world['name']}" in here.wait("getCoverStatus")


def test_programs_get_json(tmp_path: Path) -> None:
    """With --log json, or its twin, each line is an object with the same facts."""
    with served(tmp_path, COVERMOCK_LOG="json") as here:
        here.http.get(f"{COVER_STATUS}?task_id=x", headers=AUTH)
        told = json.loads(here.wait("getCoverStatus"))

    facts = {name: told[name] for name in ("method", "path", "status", "operation", "world", "account", "error")}
    assert {
        "method": "GET",
        "path": COVER_STATUS,
        "status": 404,
        "operation": "getCoverStatus",
        "world": "docs",
        "account": "main",
        "error": "cover-task-not-found",
    } == facts
    assert told["message"].startswith("Cover task not found")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", told["time"])


def test_none_says_nothing_of_requests(tmp_path: Path) -> None:
    """With --log none requests leave no trace in the log."""
    with served(tmp_path, "--log", "none") as here:
        for _ in range(3):
            here.http.get(f"{COVER_STATUS}?task_id=x", headers=AUTH)
        lines = here.lines

    assert [] == lines


def test_an_unknown_form_is_refused() -> None:
    """Another word than text, json and none is exit 2, with the words that there are."""
    done = subprocess.run(
        [*COVERMOCK, "serve", "--log", "xml"], capture_output=True, text=True, env=environment(), check=False
    )

    assert 2 == done.returncode
    assert all(word in done.stderr for word in ("text", "json", "none"))


@pytest.mark.parametrize(
    ("env", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)],
)
def test_colours_are_for_terminals_that_want_them(tmp_path: Path, env: dict[str, str], coloured: bool) -> None:
    """On a terminal the line is coloured, unless NO_COLOR or TERM=dumb say no; its text is the same."""
    master, slave = pty.openpty()
    try:
        with served(tmp_path, stderr=slave, **{"TERM": "xterm", **env}) as here:
            here.http.get(f"{COVER_STATUS}?task_id=x", headers=AUTH)
            told = b""
            while b"\n" not in told:
                told += os.read(master, 4096)
    finally:
        os.close(master)
        os.close(slave)
    text = told.decode()

    assert coloured == ("\x1b[33m404\x1b[0m" in text)
    assert "  getCoverStatus  404  " in ESCAPES.sub("", text)


def test_a_file_gets_no_colours() -> None:
    """What is no terminal gets plain text, whatever the environment says."""
    reader, writer = os.pipe()

    assert not is_coloured(writer, {"TERM": "xterm"})
    os.close(reader)
    os.close(writer)


def test_a_full_pipe_holds_nobody(tmp_path: Path) -> None:
    """While nobody reads the log, and it has no more room, all requests are answered; their lines come once it is."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    path = f"/{'x' * 250}"
    with served(tmp_path, stderr=writer) as here:
        os.close(writer)
        statuses = {here.http.get(path).status_code for _ in range(300)}
        here.http.get("/last")
        text = b""
        while b"GET /last" not in text:
            text += os.read(reader, 65_536)
    os.close(reader)

    assert {404} == statuses
    assert b"GET /xxx" in text


def test_a_reader_that_goes_and_a_full_disk_hold_nobody(tmp_path: Path) -> None:
    """A closed pipe and a device without room end or shorten the log, and nothing else."""
    reader, writer = os.pipe()
    with served(tmp_path, stderr=writer) as here, Path("/dev/full").open("wb") as full:
        os.close(writer)
        os.close(reader)
        with served(tmp_path, stderr=full) as there:
            statuses = [one.http.get("/nothing").status_code for _ in range(50) for one in (here, there)]

    assert {404} == set(statuses)


def test_what_is_not_written_is_counted() -> None:
    """Putting in never waits; of ten thousand lines each is read or counted as dropped."""
    reader, writer = os.pipe()
    log = Writer(writer, lambda number: f"line {number}" if number >= 0 else f"lost {-number}", lambda count: -count)
    for number in range(100):
        log.put(range(100 * number, 100 * number + 100))
    os.set_blocking(reader, False)
    text = b""

    def complete() -> bool:
        nonlocal text
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(reader, 65_536):
                text += piece
        words = text.decode().split()
        lost = sum(int(number) for word, number in zip(words[::2], words[1::2], strict=True) if word == "lost")
        return text.endswith(b"\n") and words.count("line") + lost == 10_000

    wait_until(complete)
    log.close()
    os.close(reader)
    os.close(writer)


def test_pieces_end_with_a_line() -> None:
    """Several processes may write to one pipe: what is written at once has whole lines, and is as much as it takes."""
    lines = [b"x" * size + b"\n" for size in (10, 4000, 100, 5000, 1, 1)]
    pieces = list(_pieces(lines))

    assert b"".join(lines) == b"".join(pieces)
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert all(len(piece) <= 4096 or piece.count(b"\n") == 1 for piece in pieces)


class Clock:
    """A clock that stands still until it is moved."""

    now = 1_780_000_000.0

    def wall(self) -> float:
        """Return the instant."""
        return self.now


def told(rates: Sequence[int], file: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the log says of so many requests in each second."""
    clock = Clock()
    monkeypatch.setattr(requests, "CLOCKS", clock)
    monkeypatch.setattr(requests, "_FLUSH", PATIENCE)  # the seconds below are ended by hand
    monkeypatch.setattr(RequestLog, "_text", lambda _, record: repr(record))

    async def noted() -> None:
        with file.open("wb") as stream, RequestLog("text", "docs", lambda *_: "", stream=stream.fileno()) as log:
            for rate in rates:
                for _ in range(rate):
                    log.note(Request("GET", "/x"), Answer(200, b"", (), {"operation": "o"}), clock.now)
                clock.now += 1.0
                log._flush()

    asyncio.run(noted())
    return file.read_text().splitlines()


def test_many_requests_are_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a thousand lines a second the rest are counted, and the seconds after it, until one has fewer again."""
    log = told([2, MOST + 5, 7, 3], tmp_path / "log.txt", monkeypatch)
    kinds = [one.partition("(")[0] for one in log]
    sums = [one for one in log if one.startswith("Sum")]

    assert 2 + MOST + 3 == kinds.count("Line")
    assert [f"200: {count}" in one for count, one in zip((5, 7), sums, strict=True)] == [True, True]


@given(st.text())
def test_no_text_reaches_beyond_its_place(text: str) -> None:
    """Whatever a stranger sends, it stays in its line: nothing steers a terminal or turns its letters around."""
    shown = plain(text)

    assert shown.isprintable()
    assert not any(mark in shown for mark in BIDI)
    assert shown.splitlines() in ([], [shown])


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\r", "\u202eevil", "\u05d0\u05d1", "\x9b31m", "\ud800", "\x7f"])
def test_what_steers_a_terminal_is_escaped(text: str) -> None:
    """Escape sequences, line ends, marks of direction and lone surrogates show as their codes."""
    assert text not in escape(text)
    assert escape(text).isascii()


@given(st.text(), st.text(), st.floats(0, 1e6))
def test_json_is_one_line_of_ascii(path: str, message: str, ms: float) -> None:
    """Programs get one object a line, in characters that nothing interprets."""
    record = line(Request("GET", path), Answer(400, b"", (), {}), 0.0, ms, message, lambda _: False)
    text = as_json(record, "now")

    assert text.isascii()
    assert text.isprintable()
    assert 400 == json.loads(text)["status"]


def test_the_page_names_each_field() -> None:
    """docs/log.md has a row for all that a line for programs can say."""
    page = (Path(__file__).parents[1] / "docs" / "log.md").read_text(encoding="utf-8")

    assert [] == [name for name in (*Line._fields, "time") if name != "wall" and f"`{name}`" not in page]


def test_long_values_are_cut_and_keys_left_out() -> None:
    """A path of megabytes is a line like others, and only this mock's own keys are shown."""
    request = Request("GET", f"/aio_foreign/aio_own/{'x' * 5_000_000}")
    told = line(request, Answer(404, b"", (), {}), 0.0, 0.0, "aio_foreign", lambda key: key == "aio_own")
    text = told.text("now", "docs", coloured=False)

    assert len(text) < 1000
    assert "aio_foreign" not in text
    assert "aio_own" in text
    assert len(told.path) < 400


def test_what_the_mock_says_of_itself_is_in_the_log_too() -> None:
    """A traceback has a line for each of its lines, each escaped; programs get one object."""
    notice = Notice(0.0, "error", 'first\n  File "x"\n\x1b[31mlast')

    assert 'now  error  first\n  File "x"\n\\x1b[31mlast' == notice.text("now", "", coloured=False)
    assert notice.message == json.loads(as_json(notice, "now"))["message"]


def test_sums_and_losses_read_well() -> None:
    """Both have a line for people and an object for programs."""
    total = Sum(0.0, {200: 1800, 404: 3})
    lost = Lost(0.0, 7)

    assert "now  1803 more requests in a second: 200 x 1800, 404 x 3" == total.text("now", "", coloured=False)
    assert 1803 == json.loads(as_json(total, "now"))["summed"]
    assert {"time": "now", "dropped": 7} == json.loads(as_json(lost, "now"))
    assert isinstance(lost, Lost | Line)


def test_a_defect_of_ours_is_told_with_its_traceback(tmp_path: Path) -> None:
    """What is logged elsewhere goes the same way, so that it waits for no reader either."""
    program = (
        "import sys\n"
        "from covermock.mock_server.gateway.gateway import Gateway\n"
        "Gateway._do = lambda *_: 1 / 0\n"
        "from covermock.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    path = tmp_path / "log.txt"
    with (
        path.open("wb") as log,
        subprocess.Popen(
            [COVERMOCK[0], "-c", program, "serve", "--port", "0"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as popen,
    ):
        assert popen.stdout is not None
        here = Served(popen.stdout.readline().split()[-1], path)
        with here.http:
            status = here.http.get(f"{COVER_STATUS}?task_id=cover", headers=AUTH).status_code
        here.wait("ZeroDivisionError: division by zero")
        popen.kill()

    assert 500 == status
    assert "  error  GET " in here.wait(" failed")
