"""Whether work grows with the bytes that come in, and not with their square: each input from small up to its limit.

`CASES` are what can be long; tests/test_linear.py looks at small ones of them. Time is the processor's.
"""

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from covermock.mock_server import Mock, Request, Settings
from covermock.openapi import InvalidSourceError, parse

KEY = "aio_linear"
START, STATUS = "/api/v1/audio/music/upload-cover/generate", "/api/v1/audio/music/upload-cover/status"
GATEWAY_BODY, HEAD, CONTROL_BODY, WORLD_TEXT = 1 << 20, 65_536, 1 << 26, 1 << 24  # bytes: the defaults of the limits
_WALL = 1_780_000_000.0
_STEPS = 4  # sizes of each case, each twice the one before
_WORLD = {"name": "linear", "accounts": {"main": {"key": KEY, "credits": 1000}}, "audio": {"aud": {"seconds": 30}}}
Work = Callable[[], object]


class Case(NamedTuple):
    """An input that can be long. `prepare(count)` returns (the work, the bytes that come in), `limit` at most."""

    prepare: Callable[[int], tuple[Work, int]]
    limit: int
    most: int = 1_000_000  # parts, where something else bounds them first


def seconds(work: Work) -> float:
    """Return the processor time that the work takes, the collector of garbage left out."""
    gc.collect()
    gc.disable()
    try:
        begun = time.process_time()
        work()
        return time.process_time() - begun
    finally:
        gc.enable()


def _mock() -> Mock:
    """Return a mock that serves a small world."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.yaml"
        path.write_text(json.dumps(_WORLD), encoding="utf-8")
        return Mock(Settings(world=str(path)), _WALL)


def _asks(method: str, path: str, query: str = "", body: bytes = b"", headers: Mapping[str, str] = {}) -> Request:
    sent = {"host": "127.0.0.1", "content-type": "application/json", **headers}
    return Request(method, path, query, sent, body)


def _answers(mock: Mock, request: Request, *expected: int) -> Work:
    def work() -> None:
        status = mock.answer(request, _WALL).status
        assert status in expected, (status, expected)

    return work


def _gateway(text: Callable[[int], str], *expected: int) -> Case:
    """Return the case of a body for the gateway."""

    def prepare(count: int) -> tuple[Work, int]:
        body = text(count).encode()
        request = _asks("POST", START, body=body, headers={"authorization": f"Bearer {KEY}"})
        return _answers(_mock(), request, *expected), len(body)

    return Case(prepare, GATEWAY_BODY)


def _head(query: Callable[[int], str], header: Callable[[int], str], *expected: int) -> Case:
    """Return the case of a long query or header."""

    def prepare(count: int) -> tuple[Work, int]:
        headers = {"authorization": f"Bearer {KEY}", "prefer": header(count)}
        request = _asks("GET", STATUS, query(count), headers=headers)
        return _answers(_mock(), request, *expected), len(request.query) + len(headers["prefer"])

    return Case(prepare, HEAD)


def _control(method: str, path: str, body: Callable[[int], Any], *expected: int, limit: int = CONTROL_BODY) -> Case:
    """Return the case of a body for the control API; a text is sent as it is."""

    def prepare(count: int) -> tuple[Work, int]:
        value = body(count)
        raw = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        return _answers(_mock(), _asks(method, f"/__mock/{path}", body=raw), *expected), len(raw)

    return Case(prepare, limit)


def _in_world(spec: Callable[[int], Any], method: str, path: str, *expected: int) -> Case:
    """Return the case of a request to a world in which there is much."""

    def prepare(count: int) -> tuple[Work, int]:
        mock, raw = _mock(), json.dumps({"name": "much", **spec(count)}).encode()
        _answers(mock, _asks("POST", "/__mock/worlds", body=raw), 201)()
        headers = {"authorization": "Bearer aio_much"} if path.startswith("/api") else {}
        body = b'{"audio_id": "aud"}' if path == START else b""
        return _answers(mock, _asks(method, path, body=body, headers=headers), *expected), len(raw)

    return Case(prepare, WORLD_TEXT, 100_000)


def _refunds(count: int) -> tuple[Work, int]:
    """Return the work of a start by an account whose many tasks have just failed, all at the same instant."""
    spec = {
        "accounts": {"main": {"credits": 5 * count}},
        "audio": {"aud": {"seconds": 30, "yields": {"outcome": "failure"}}},
    }
    mock, raw = _mock(), json.dumps({"name": "much", "drive": "manual", **spec}).encode()
    _answers(mock, _asks("POST", "/__mock/worlds", body=raw), 201)()
    start = _asks("POST", START, body=b'{"audio_id": "aud"}', headers={"authorization": "Bearer aio_much"})
    for _ in range(count):
        mock.answer(start, _WALL)
    advance = _asks("POST", "/__mock/worlds/much/clock/advance", body=b'{"seconds": 60}')
    _answers(mock, advance, 200)()
    return _answers(mock, start, 200), len(raw) + count


def _document(change: Callable[[dict[str, Any], int], object], *expected: int) -> Case:
    """Return the case of an exported world that is put back, changed."""

    def prepare(count: int) -> tuple[Work, int]:
        mock = _mock()
        document = json.loads(mock.answer(_asks("GET", "/__mock/worlds/linear/export"), _WALL).body)
        change(document, count)
        raw = json.dumps(document).encode()
        return _answers(mock, _asks("PUT", "/__mock/worlds/linear/export", body=raw), *expected), len(raw)

    return Case(prepare, CONTROL_BODY, 250_000)


def _tasks(document: dict[str, Any], count: int) -> None:
    row = {
        "lifecycle": "music",
        "account": "main",
        "created": 0,
        "began": 0,
        "plan": [["complete", 0]],
        "drive": "time",
    }
    row |= {"source": "", "started_by": "", "price": 0, "callback_url": "", "base": "", "polls": 0}
    document["state"]["tasks"] = [{"id": f"t{n}", **row} for n in range(count)]


def _same_tasks(document: dict[str, Any], count: int) -> None:
    _tasks(document, count)
    document["state"]["tasks"].append(document["state"]["tasks"][-1])


def _strange_owners(document: dict[str, Any], count: int) -> None:
    _tasks(document, count)
    for row in document["state"]["tasks"]:
        row["account"] = f"nobody {row['id']}"


def _accounts(document: dict[str, Any], count: int) -> None:
    rows = {f"a{n}": {"key": f"k{n}", "credits": 1} for n in range(count)}
    document["spec"]["accounts"] = rows
    document["state"]["accounts"] = [
        {"name": name, "key": row["key"], "granted": 1, "balance": 1, "risky": []} for name, row in rows.items()
    ]


def _entries(document: dict[str, Any], count: int) -> None:
    request = {"method": "GET", "path": "/", "query": "", "headers": {}, "body": ""}
    answer = {"status": 404, "headers": [], "body": "", "why": {}, "wire": None}
    row = {"wall": 0, "now": 0, "order": 0, "capped": False, "request": request, "answer": answer}
    entries = [{"number": n + 1, **row} for n in range(count)]
    document["journal"] = {"capacity": count, "total": count, "entries": entries}


def _world_file(row: str, head: str = "audio:") -> Case:
    """Return the case of a world file with many rows."""

    def prepare(count: int) -> tuple[Work, int]:
        text = f"{head}\n" + "".join(row.format(n) for n in range(count))
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
            file.write(text)

        def work() -> None:
            try:
                Mock(Settings(world=file.name), _WALL)
            except InvalidSourceError:
                assert "nobody" in row
            finally:
                Path(file.name).unlink(missing_ok=True)

        return work, len(text)

    return Case(prepare, WORLD_TEXT, 500_000)


def _shown(part: str) -> Case:
    """Return the case of a body that is looked through for keys, whenever the journal is shown."""

    def prepare(count: int) -> tuple[Work, int]:
        mock, body = _mock(), (part * count).encode()
        _answers(mock, _asks("POST", START, body=body, headers={"authorization": f"Bearer {KEY}"}), 400)()
        return _answers(mock, _asks("GET", "/__mock/worlds/linear/journal"), 200), len(body)

    return Case(prepare, HEAD)


def _yaml(text: Callable[[int], str]) -> Case:
    """Return the case of a YAML text that may be refused."""

    def prepare(count: int) -> tuple[Work, int]:
        whole = text(count)

        def work() -> None:
            try:
                parse(whole)
            except InvalidSourceError:
                return

        return work, len(whole)

    return Case(prepare, WORLD_TEXT)


def _rows(name: str, row: Any) -> Callable[[int], Any]:
    return lambda count: {name: {f"n{n}": row for n in range(count)}}


CASES: Mapping[str, Case] = {
    "gateway: keys of an object, the last one twice": _gateway(
        lambda n: "{" + "".join(f'"k{i}":1,' for i in range(n)) + f'"k{n - 1}":1}}', 400
    ),
    "gateway: unknown fields in an object": _gateway(
        lambda n: '{"audio_id": "aud"' + "".join(f',"k{i}":[]' for i in range(n)) + "}", 200
    ),
    "gateway: lists side by side": _gateway(lambda n: '{"audio_id": "aud", "x": [' + "[]," * n + "[]]}", 200),
    "gateway: lists within each other": _gateway(lambda n: "[" * n, 400),
    "gateway: digits of a number": _gateway(lambda n: '{"audio_id": "aud", "x": [' + "1" * n + "]}", 200, 400),
    "gateway: escapes in a text": _gateway(lambda n: '{"audio_id": "' + "\\u0041" * n + '"}', 404),
    "gateway: parameters of a query": _head(lambda n: "".join(f"a{i}=%41&" for i in range(n)), lambda _: "", 400),
    "gateway: values of one parameter": _head(lambda n: "task_id=%41&" * n, lambda _: "", 400),
    "gateway: preferences": _head(lambda _: "task_id=x", lambda n: "code =" * n, 400, 404),
    "control: accounts of a new world": _control("POST", "worlds", _rows("accounts", {}), 201, limit=WORLD_TEXT),
    "control: audio of a new world": _control("POST", "worlds", _rows("audio", {"seconds": 9}), 201, limit=WORLD_TEXT),
    "control: tasks of a new world": _control(
        "POST", "worlds", _rows("tasks", {"lifecycle": "cover"}), 201, limit=WORLD_TEXT
    ),
    "control: accounts that are refused": _control(
        "POST", "worlds", lambda n: {"accounts": {f"n {i}": {} for i in range(n)}}, 400, limit=WORLD_TEXT
    ),
    "control: settings that are refused": _control(
        "POST", "worlds", lambda n: {f"n{i}": 1 for i in range(n)}, 400, limit=WORLD_TEXT
    ),
    "control: stages that are refused": _control("POST", "worlds", _rows("stage_seconds", "x"), 400, limit=WORLD_TEXT),
    "control: an unknown account": _control(
        "POST", "worlds", lambda n: {"audio": {"a": {"seconds": 1, "account": "x" * n}}}, 400
    ),
    "control: a ledger of many accounts": _in_world(_rows("accounts", {}), "GET", "/__mock/worlds/much/ledger", 200),
    "control: an unknown task among many": _in_world(
        _rows("tasks", {"lifecycle": "cover"}), "GET", "/__mock/worlds/much/tasks/n", 404
    ),
    "control: the next event of many tasks": _in_world(
        _rows("tasks", {"lifecycle": "cover"}), "POST", "/__mock/worlds/much/clock/next", 200
    ),
    "control: credits of many failed tasks": Case(_refunds, WORLD_TEXT, 50_000),
    "restore: tasks": _document(_tasks, 200),
    "restore: tasks, the last one twice": _document(_same_tasks, 400),
    "restore: tasks of nobody": _document(_strange_owners, 400),
    "restore: accounts": _document(_accounts, 200),
    "restore: entries of a journal": _document(_entries, 200),
    "journal: what looks like keys": _shown("sk-live-1 "),
    "journal: what might become a key": _shown("eyJ"),
    "journal: what might hold a key in base64": _shown("haW8"),
    "journal: what might be a secret field": _shown('"token":"'),
    "file: rows of audio": _world_file("  n{}: {{seconds: 9}}\n"),
    "file: rows of accounts": _world_file("  n{}: {{}}\n", "accounts:"),
    "file: rows that are refused": _world_file("  n{}: {{seconds: 9, account: nobody}}\n"),
    "file: aliases": _yaml(lambda n: "a: &a [x]\nb: [" + "*a, " * n + "]"),
    "file: lists within each other": _yaml(lambda n: "[" * n),
    "file: mappings in a list": _yaml(lambda n: "[" + "a: b, " * n + "]"),
    "file: anchors": _yaml(lambda n: "".join(f"- &a{i} x\n" for i in range(n))),
}


def counts(case: Case) -> Iterator[int]:
    """Yield how many parts an input has, each twice as many as before, the last one about as large as is allowed."""
    most = case.most
    while (size := case.prepare(most)[1]) > case.limit:
        most = int(most * case.limit / size * 0.98)
    yield from (max(most >> step, 1) for step in reversed(range(_STEPS)))


def rows() -> Iterator[list[str]]:
    """Yield the row of each case: its name, then parts, bytes and milliseconds, and the growth of the last doubling."""
    for name, case in CASES.items():
        measured = []
        for count in counts(case):
            work, size = case.prepare(count)
            measured.append((count, size, seconds(work)))
        (_, _, half), (count, size, whole) = measured[-2:]
        curve = " ".join(f"{took * 1e3:.0f}" for _, _, took in measured)
        yield [name, f"{count:,}", f"{size / 1e6:.1f}", curve, f"{whole / max(half, 1e-9):.1f}"]


def main() -> None:
    """Print the table."""
    head = ["input", "parts", "MB", "ms for an eighth, a quarter, a half, all", "last doubling"]
    sys.stdout.write(f"| {' | '.join(head)} |\n| {' | '.join(['---'] * len(head))} |\n")
    for row in rows():
        sys.stdout.write(f"| {' | '.join(row)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
