"""`serve --workers N` over Redis: one line, one port, one state; and what a kill -9 leaves behind."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from support.engines import DURABLE, Engine, engine, wait_until
from support.fakes import COVER
from support.servers import Process, run, serving

MUSIC_TASKS = 200
OPEN = httpx.Client(trust_env=False, timeout=30, limits=httpx.Limits(max_keepalive_connections=0))


@pytest.fixture(scope="module")
def durable() -> Iterator[Engine]:
    """A redis-server that has written to disk whatever it has acknowledged."""
    with engine(*DURABLE) as running:
        yield running


def workers(process: Process) -> list[int]:
    """Return the process ids of the workers."""
    pid = process.popen.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def world(process: Process) -> tuple[str, dict[str, str]]:
    """Make a world with many music tasks; return its name and the headers of a client."""
    music = {f"gen_{number}": {} for number in range(MUSIC_TASKS)}
    made = OPEN.post(f"{process.url}/__mock/worlds", json={"music_tasks": music}).json()
    return made["name"], {"Authorization": f"Bearer {made['accounts']['main']['key']}"}


class Load:
    """Starts covers, each music task several times, whatever happens; `accepted` are those that were answered 200."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url, self._headers = url, headers
        self.accepted: list[tuple[str, str]] = []
        self.begun, self.statuses = Event(), Counter[int]()

    def run(self) -> None:
        """Send everything from several threads."""
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(self._start, [f"gen_{number // 3}" for number in range(3 * MUSIC_TASKS)]))

    def _start(self, music: str) -> None:
        try:
            answer = OPEN.post(f"{self._url}{COVER}", json={"taskId": music}, headers=self._headers)
        except httpx.TransportError:
            self.statuses[0] += 1
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            self.accepted.append((music, answer.json()["data"]["taskId"]))
            if len(self.accepted) > 20:
                self.begun.set()


def under_load(process: Process, act: Any) -> tuple[Load, list[dict[str, Any]], dict[str, int]]:
    """Do something in the midst of a load; return the load, the cover tasks that are there, and the ledger."""
    name, headers = world(process)
    load = Load(process.url, headers)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(load.run)
        assert load.begun.wait(30)
        act()
        job.result()
    wait_until(lambda: ready(process))
    base = f"{process.url}/__mock/worlds/{name}"
    tasks = OPEN.get(f"{base}/tasks", params={"limit": 10000}).json()["tasks"]
    ledger = OPEN.get(f"{base}/ledger").json()["accounts"]["main"]
    return load, [task for task in tasks if task["lifecycle"] == "cover"], ledger


def ready(process: Process) -> bool:
    """Tell whether the server can serve worlds."""
    try:
        return OPEN.get(f"{process.url}/__mock/readyz").status_code == 200
    except httpx.TransportError:
        return False


def holds(load: Load, covers: list[dict[str, Any]], ledger: dict[str, int]) -> None:
    """Hold what is promised whatever dies: no accepted task lost, no second cover, no credit lost or won."""
    assert {task for _, task in load.accepted} <= {task["id"] for task in covers}
    assert [] == [music for music, times in Counter(task["source"] for task in covers).items() if times > 1]
    assert ledger["granted"] == ledger["available"] + ledger["held"] + ledger["captured"]
    assert len(covers) == ledger["held"] + ledger["captured"]
    assert 0 < len(load.accepted) <= MUSIC_TASKS


def test_one_line_one_port_one_state_and_one_end(redis: Engine) -> None:
    """The first line comes once, when all accept connections; both workers know all; a signal ends all of them."""
    redis.empty()
    with serving("--store", redis.url, "--workers", "2") as process:
        pids = workers(process)
        name, headers = world(process)
        answers = [
            OPEN.post(f"{process.url}{COVER}", json={"taskId": "gen_1"}, headers=headers).status_code for _ in range(12)
        ]
        code = process.stop(signal.SIGTERM)
        rest = process.popen.stdout.read() if process.popen.stdout else ""

    assert 2 == len(pids)
    assert [200, *[400] * 11] == answers
    assert 143 == code
    assert name
    assert "covermock listening" not in rest
    assert "Traceback" not in rest
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_a_second_command_does_not_share_the_port_of_the_first(redis: Engine) -> None:
    """The kernel would give it half of the connections, whatever world it serves."""
    redis.empty()
    with serving("--store", redis.url, "--workers", "2") as process:
        done = run("serve", "--store", redis.url, "--workers", "2", "--port", str(process.port))

    assert 2 == done.returncode
    assert "Address already in use; try --port 0" in done.stderr


def test_workers_end_when_their_parent_is_killed(redis: Engine) -> None:
    """No worker outlives the command, even if that had no time to say good-bye."""
    redis.empty()
    with serving("--store", redis.url, "--workers", "2") as process:
        pids = workers(process)
        process.stop(signal.SIGKILL)

    wait_until(lambda: not any(_lives(pid) for pid in pids))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_worker_that_is_killed_under_load_loses_nothing_and_is_replaced(durable: Engine) -> None:
    """A kill -9 of a worker costs its connections, and nothing that was accepted."""
    durable.empty()
    with serving("--store", durable.url, "--workers", "2") as process:
        before = workers(process)
        holds(*under_load(process, lambda: os.kill(before[0], signal.SIGKILL)))

        wait_until(lambda: len(set(workers(process)) - {before[0]}) == 2)


def test_a_redis_that_is_killed_under_load_loses_nothing(durable: Engine) -> None:
    """A kill -9 of a Redis that writes always gives 503s while it is away, and loses nothing that was accepted."""
    durable.empty()

    def kill_and_start() -> None:
        durable.kill()
        durable.start()

    with serving("--store", durable.url, "--workers", "2") as process:
        load, covers, ledger = under_load(process, kill_and_start)

    holds(load, covers, ledger)
    assert load.statuses.keys() <= {200, 400, 503}
    assert load.statuses[503] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workers", "2"], "expected 1 with --store memory, received 2: memory is not shared between processes"),
        (["--store", "sqlite:x"], "or unix:///PATH?db=NUMBER, received 'sqlite:x'"),
        (["--store", "redis://x", "--watch"], "expected no --watch with a store that outlives the server"),
        (["--store", "redis://:secret@127.0.0.1:1/0"], "expected a Redis or Valkey at redis://127.0.0.1:1/0, received"),
    ],
)
def test_what_can_not_work_is_refused_in_a_line(arguments: list[str], said: str) -> None:
    """A store that is none, that isn't there, or that can't be shared ends the command with the remedy."""
    done = run("serve", "--port", "0", *arguments)

    assert 2 == done.returncode
    assert said in done.stderr
    assert "secret" not in done.stderr


def test_a_missing_package_is_said_with_its_remedy(tmp_path: Path) -> None:
    """Without the extra the command says how to install it."""
    (tmp_path / "redis.py").write_text("raise ModuleNotFoundError('No module named redis')")
    done = run("serve", "--store", "redis://127.0.0.1:1", PYTHONPATH=str(tmp_path))

    assert 2 == done.returncode
    assert "pip install 'covermock[redis]'" in done.stderr
