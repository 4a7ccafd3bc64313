"""Worlds: islands made from files, refused with line and nearest name, and safe under any number of threads."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from covermock.openapi import InvalidSourceError
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER, UPLOAD_COVER_STATUS, Fake, world_file
from support.servers import Process, new_key

THREADS = 16


def refusal(folder: Path, text: str) -> str:
    """Return what the mock says of a world file, without the folder's name."""
    path = world_file(folder, text)
    with pytest.raises(InvalidSourceError) as caught:
        Fake(world=str(path))
    return str(caught.value).replace(f"{folder}/", "")


def at_once(ask: Callable[[], int]) -> Counter[int]:
    """Ask from many threads in the same instant; return how often each status came."""
    barrier = Barrier(THREADS)

    def one(_: int) -> int:
        barrier.wait()
        return ask()

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(one, range(THREADS)))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("acounts: {}", 1, "acounts: expected a known name (did you mean 'accounts'?), received 'acounts'"),
        ("accounts:\n  main:\n    credits: many", 3, "accounts.main.credits: expected an integer, received 'many'"),
        ("accounts:\n  'a b': {}", 2, "accounts.a b: expected a name of letters"),
        ("accounts:\n  a: {key: k}\n  b: {key: k}", 3, "accounts.b.key: expected a key of its own, received 'k'"),
        ("audio:\n  a: {}", 2, "seconds is missing"),
        ("audio:\n  a: {seconds: 5, account: mian}", 2, "audio.a.account: expected an account, received 'mian'"),
        ("audio:\n  a: {seconds: 5, yields: {error: no-credits}}", 2, "expected an error, received 'no-credits'"),
        ("audio:\n  a: {seconds: 5, yields: {stalls_at: txt}}", 2, "audio.a.yields.stalls_at: expected a stage"),
        ("audio:\n  a: {seconds: 5, yields: {stage_seconds: {txt: 4}}}", 2, "did you mean 'text'?"),
        ("music_tasks:\n  gen: {state: complete}", 2, "expected one of 'completed', 'pending', 'failing'"),
        ("music_tasks:\n  gen:\n    yields: {outcome: sucess}", 3, "expected one of 'success', 'failure', 'stall'"),
        ("music_tasks:\n  a: {}\ntasks:\n  a: {lifecycle: cover}", 4, "expected an id that no music task has"),
        ("tasks:\n  t: {lifecycle: covr}", 2, "did you mean 'cover'?"),
        ("tasks:\n  t: {lifecycle: cover, state: SUCCES}", 2, "did you mean 'SUCCESS'?"),
        ("tasks:\n  t: {lifecycle: cover, created_at: now}", 2, "expected a date-time, received 'now'"),
        ("prices: {startCovr: 3}", 1, "did you mean 'startCover'"),
        ("stage_seconds: {PENDNG: 3}", 1, "expected a stage, received 'PENDNG'"),
        ("from: dmo", 1, "did you mean 'demo'?"),
        (f"from: {'x' * 2000}", 1, "expected the name of a world or a YAML file"),
        ('audio:\n  "a\\r\\nb": {}', 2, r"audio.a\r\nb"),
        ("audio:\n  a: {seconds: 5, yields: {error: ''}}", 2, "expected at least 1 character"),
        ("from: world.yaml", 1, "expected a world that doesn't lead back here"),
        ("drive: tme", 1, "expected one of 'time', 'manual', 'polls', received 'tme'"),
        ("starts: yesterday", 1, "expected a date-time"),
        ("seed: 1\nseed: 2", 2, "expected each key once"),
        ("a: [", 2, "syntax error"),
        ("[]", 1, "expected an object"),
    ],
)
def test_a_wrong_world_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, said: str
) -> None:
    """One line: the file, the line, the key, what was expected and the nearest valid name."""
    monkeypatch.chdir(tmp_path)
    refused = refusal(tmp_path, text)

    assert refused.startswith(f"world.yaml:{line}: ")
    assert said in refused
    assert "\n" not in refused


def test_a_world_file_extends_another(tmp_path: Path) -> None:
    """What `from` names is the base; accounts, audio and tasks are joined by name."""
    world_file(tmp_path, "from: docs\naudio:\n  aud_6s: {seconds: 7}\n  aud_new: {seconds: 8}\n", "base.yaml")
    path = world_file(tmp_path, f"from: {tmp_path}/base.yaml\nspeed: 60\naccounts:\n  poor: {{credits: 5}}\n")
    world = Fake(world=str(path)).world

    assert (7, 8, 30) == tuple(
        world.sources[f"audio/{of}"].numbers["seconds"] for of in ("aud_6s", "aud_new", "aud123456789")
    )
    assert {"main": 1000, "second": 1000, "poor": 5} == {name: of.granted for name, of in world.accounts.items()}
    assert 60 == world.clock.scale


def test_an_account_keeps_what_is_not_said_of_it_anew(tmp_path: Path) -> None:
    """Other credits leave the documented key; another key leaves the credits."""
    text = "from: docs\naccounts:\n  main: {credits: 3}\n  poor: {key: aio_broke}\n"
    accounts = Fake(world=str(world_file(tmp_path, text))).world.accounts

    assert ("aio_your_api_key_here", 3) == (accounts["main"].key, accounts["main"].granted)
    assert ("aio_broke", 0) == (accounts["poor"].key, accounts["poor"].granted)


@pytest.mark.parametrize("name", ["docs", "demo", "empty"])
def test_each_world_that_comes_along_can_be_served(name: str) -> None:
    """Every account of it has a key of its own, and every task can be shown."""
    fake = Fake(world=name)
    tasks = fake.control("GET", f"worlds/{name}/tasks").json["tasks"]

    assert len(fake.world.accounts) == len({account.key for account in fake.world.accounts.values()})
    assert len(fake.world.tasks) == len(tasks)


def test_the_demo_world_has_tasks_in_every_state() -> None:
    """Each state of both kinds of task can be polled, and stays for years."""
    fake = Fake(key="aio_demo_alice", world="demo")
    fake.wait(1e8)
    states = {name: of.states for name, of in fake.mock.contract.lifecycles.items()}
    seen = {
        kind: {fake.status(of.id, path) for of in fake.world.tasks.values() if of.id.startswith(prefix)}
        for kind, path, prefix in (("cover", COVER_STATUS, "cover_"), ("music", UPLOAD_COVER_STATUS, "upl_"))
    }

    assert {kind: {state.name for state in of} for kind, of in states.items()} == seen


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (UPLOAD_COVER, {"audio_id": "aud_5_9s"}, 400),
        (UPLOAD_COVER, {"audio_id": "aud_6s"}, 200),
        (UPLOAD_COVER, {"audio_id": "aud_30s"}, 200),
        (UPLOAD_COVER, {"audio_id": "aud_60s"}, 200),
        (UPLOAD_COVER, {"audio_id": "aud_60_1s"}, 400),
        (UPLOAD_COVER, {"audio_id": "aud_bobs"}, 404),
        (UPLOAD_COVER, {"audio_id": "aud_no_credits"}, 402),
        (COVER, {"taskId": "gen_sunrise"}, 200),
        (COVER, {"taskId": "gen_covered"}, 400),
        (COVER, {"taskId": "gen_pending"}, 400),
        (COVER, {"taskId": "gen_bobs"}, 404),
        (COVER, {"taskId": "gen_no_credits"}, 402),
        (COVER, {"taskId": "upl_complete"}, 200),
        (COVER, {"taskId": "upl_first"}, 400),
    ],
)
def test_the_demo_world_has_an_id_for_each_answer(path: str, body: dict[str, str], status: int) -> None:
    """Every documented answer can be had by data alone."""
    assert status == Fake(key="aio_demo_alice", world="demo").post(path, body).status


@pytest.mark.parametrize(
    ("audio", "state"),
    [("aud_fails", "failed"), ("aud_stalls", "first"), ("aud_slow", "pending"), ("aud_30s", "complete")],
)
def test_the_demo_world_has_ids_that_fail_and_stall(audio: str, state: str) -> None:
    """What becomes of a task is decided by the id it was started from."""
    fake = Fake(key="aio_demo_alice", world="demo")
    task = fake.upload_cover(audio)
    fake.wait(30)

    assert state == fake.status(task, UPLOAD_COVER_STATUS)


@pytest.mark.parametrize("state", ["PENDING", "IN_PROGRESS", "SUCCESS", "FAILED"])
@pytest.mark.parametrize("outcome", ["success", "failure", "stall"])
@pytest.mark.parametrize("drive", ["time", "manual", "polls"])
@pytest.mark.parametrize("seconds", [1, 0, 1e-66, 31557600])
def test_a_task_can_be_put_into_any_state(fake: Fake, state: str, outcome: str, drive: str, seconds: float) -> None:
    """Whatever the plan was, the task is in the state that its world says, and polling keeps it there."""
    row = {"lifecycle": "cover", "state": state, "outcome": outcome, "drive": drive, "stage_seconds": seconds}
    fake.control("POST", "worlds", {"name": "w", "tasks": {"t": row}})
    seen = [fake.status("t", key="aio_w") for _ in range(3)]
    fake.wait(1000)

    assert [state] * 4 == [*seen, fake.status("t", key="aio_w")]


def test_a_key_is_a_world(fake: Fake) -> None:
    """Worlds share nothing: the same ids in two worlds are two tasks, and foreign ones are unknown."""
    for name in ("one", "two"):
        fake.control("POST", "worlds", {"name": name, "from": "docs", "drive": "manual"})
    first, second = fake.cover(key="aio_one"), fake.cover(key="aio_two")
    fake.control("POST", "worlds/one/clock/advance", {"seconds": 10})

    assert first == second
    assert ("SUCCESS", "PENDING") == (fake.status(first, key="aio_one"), fake.status(second, key="aio_two"))
    assert 404 == fake.get(f"{COVER_STATUS}?task_id={first}").status


def test_the_same_seed_makes_the_same_ids() -> None:
    """Ids are made from the seed and their count, so a run can be repeated."""
    ids = [[Fake(over={"seed": seed}).upload_cover("aud_30s") for _ in range(2)] for seed in (1, 1, 2)]

    assert ids[0] == ids[1] != ids[2]


def test_many_threads_get_one_cover_and_spend_what_there_is(fake: Fake) -> None:
    """Of many requests at once one starts the cover; an account of 3 starts pays exactly 3."""
    account = {"main": {"key": "aio_w", "credits": 15}}
    fake.control("POST", "worlds", {"name": "w", "accounts": account, "audio": {"a": {"seconds": 9}}})

    assert {200: 1, 400: THREADS - 1} == at_once(lambda: fake.post(COVER, {"taskId": "gen_completed"}).status)
    assert {200: 3, 402: THREADS - 3} == at_once(lambda: fake.post(UPLOAD_COVER, {"audio_id": "a"}, key="aio_w").status)


def test_many_clients_of_a_server_get_one_cover(process: Process) -> None:
    """Over the wire, too, exactly one of many requests at once is a 200."""
    headers = {"Authorization": f"Bearer {process.world(music_tasks={'gen': {}})}"}
    with httpx.Client(trust_env=False, headers=headers, limits=httpx.Limits(max_connections=THREADS)) as client:
        got = at_once(lambda: client.post(process.url + COVER, json={"taskId": "gen"}).status_code)

    assert {200: 1, 400: THREADS - 1} == got


def test_worlds_are_made_by_many_threads_at_once(process: Process) -> None:
    """Every one has a name and a key of its own."""
    with ThreadPoolExecutor(THREADS) as pool:
        keys = list(pool.map(lambda _: new_key(process.url), range(THREADS)))

    assert THREADS == len(set(keys))
    assert all(re.fullmatch(r"aio_w\d+", key) for key in keys)
