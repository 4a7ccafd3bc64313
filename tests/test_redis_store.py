"""Several processes on one Redis: what is promised of memory holds between them, and when one of them dies."""

import ast
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from covermock.fixtures.laboratory import Laboratory, in_process, over_http
from covermock.mock_server.stores import redis as redis_store
from covermock.mock_server.webhooks.sender import Courier
from covermock.mock_server.world.webhook import SENDING
from support.engines import DURABLE, PATIENCE, Engine, engine, wait_until
from support.fakes import COVER, COVER_STATUS, KEY, MUSIC, UPLOAD_COVER, Fake
from support.receivers import receiving
from support.servers import serving


@pytest.fixture
def pair(redis: Engine) -> tuple[Fake, Fake]:
    """Two mocks that share nothing but a Redis, as two processes would."""
    redis.empty()
    return Fake(store=redis.store()), Fake(store=redis.store())


def trips(fake: Fake) -> int:
    """Return how many round trips to Redis a mock has made."""
    store = fake.mock.store
    assert isinstance(store, redis_store.RedisStore)
    return store.link.trips


def at_once(fakes: tuple[Fake, Fake], calls: int, act: Callable[[Fake, int], Any]) -> list[Any]:
    """Return what so many calls on each mock gave, all at the same time."""
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(act, fake, number) for number in range(calls) for fake in fakes]
        return [job.result() for job in jobs]


def test_one_process_sees_at_once_what_another_did(pair: tuple[Fake, Fake]) -> None:
    """A task that one has accepted can be polled at the other, and is changed there."""
    one, other = pair
    task = one.cover()

    assert "PENDING" == other.status(task)
    other.control("POST", f"worlds/docs/tasks/{task}/fail")
    assert "FAILED" == one.status(task)
    assert one.credits == other.credits == {"main": 1000, "second": 1000, "poor": 0}


def test_a_known_task_costs_one_round_trip(pair: tuple[Fake, Fake]) -> None:
    """A poll, a refused start and an accepted one are one round trip each, once the world is known."""
    one, _ = pair
    task = one.cover()
    one.upload_cover()
    before = trips(one)
    one.status(task)
    one.post(COVER, {"taskId": MUSIC})
    one.upload_cover()

    assert 3 == trips(one) - before


def test_what_another_changed_costs_two_round_trips(pair: tuple[Fake, Fake]) -> None:
    """What this process knows no more, or not yet, is found out by doing the step, and done once more."""
    one, other = pair
    other.upload_cover()
    task = one.cover()
    before = trips(other)

    assert "PENDING" == other.status(task)
    assert 2 == trips(other) - before


def test_a_music_task_gets_one_cover_from_many_at_once(pair: tuple[Fake, Fake]) -> None:
    """Of many starts for one music task at two processes exactly one is accepted, and paid."""
    answers = at_once(pair, 10, lambda fake, _: fake.post(COVER, {"taskId": MUSIC}).status)

    assert {200: 1, 400: 19} == Counter(answers)
    assert 999 == pair[0].credits["main"]


def test_credits_run_out_at_zero_and_none_vanish(redis: Engine) -> None:
    """Two processes that spend the last credits accept as many tasks as were paid for, with ids of their own."""
    redis.empty()
    pair = (Fake(store=redis.store()), Fake(store=redis.store()))
    made = pair[0].control("POST", "worlds", {"accounts": {"main": {"credits": 52}}, "audio": {"a": {"seconds": 9}}})
    key = made.json["accounts"]["main"]["key"]
    answers = at_once(pair, 10, lambda fake, _: fake.post(UPLOAD_COVER, {"audio_id": "a"}, key=key))
    ids = [answer.json["data"]["task_id"] for answer in answers if answer.status == 200]

    assert {200: 10, 402: 10} == Counter(answer.status for answer in answers)
    assert 10 == len(set(ids))
    for fake in pair:
        account = fake.control("GET", f"worlds/{made.json['name']}/ledger").json["accounts"]["main"]
        assert {"granted": 52, "available": 2, "held": 50, "captured": 0} == account


def test_a_failed_task_is_refunded_once(pair: tuple[Fake, Fake]) -> None:
    """Credits of a task that fails are there again at every process, whoever books the refund."""
    one, other = pair
    audio = one.control("POST", "worlds/docs/audio", {"seconds": 30, "yields": {"outcome": "failure"}}).json["id"]
    one.upload_cover(audio)
    other.upload_cover(audio)
    assert 990 == one.credits["main"]
    one.wait(60)
    other.wait(60)
    one.upload_cover(audio)
    other.upload_cover(audio)

    assert 990 == one.credits["main"] == other.credits["main"]


def test_a_fault_fires_as_often_as_it_says(pair: tuple[Fake, Fake]) -> None:
    """A fault for five requests meets five of those that come at two processes at once."""
    pair[0].control("POST", "worlds/docs/faults", {"status": {"code": 503}, "times": 5})
    task = f"{COVER_STATUS}?task_id=nothing"
    answers = at_once(pair, 8, lambda fake, _: fake.get(task).status)

    assert {503: 5, 404: 11} == Counter(answers)
    [fault] = pair[1].control("GET", "worlds/docs/faults").json["faults"]
    assert (16, 5) == (fault["matched"], fault["fired"])


def test_the_journal_has_everything_in_one_order(pair: tuple[Fake, Fake]) -> None:
    """Requests of all processes are numbered in the order in which they were taken in."""
    at_once(pair, 8, lambda fake, _: fake.get(f"{COVER_STATUS}?task_id=x"))
    views = [fake.control("GET", "worlds/docs/journal").json["entries"] for fake in pair]

    assert views[0] == views[1]
    assert list(range(1, 17)) == [entry["number"] for entry in views[0]]


def test_a_world_that_is_gone_is_gone_everywhere(pair: tuple[Fake, Fake]) -> None:
    """Once one process has deleted or reset a world, no other believes what it knew of it."""
    one, other = pair
    task = one.cover()
    assert "PENDING" == other.status(task)
    one.control("POST", "worlds/docs/reset")
    assert 404 == other.get(f"{COVER_STATUS}?task_id={task}").status
    one.control("DELETE", "worlds/docs")

    assert (401, "authentication_error") == other.get(f"{COVER_STATUS}?task_id={task}").error


def test_a_webhook_is_claimed_by_one(pair: tuple[Fake, Fake]) -> None:
    """Of two processes that look for due webhooks, one gets each."""
    one, other = pair
    one.post(UPLOAD_COVER, {"audio_id": "aud123456789", "callback_url": "http://127.0.0.1:9/x"})
    one.wait(60)
    other.wait(60)
    claims = [claimed(fake) for fake in pair]

    assert [1, 0] == [len(claim) for claim in claims]


def claimed(fake: Fake) -> list[Any]:
    """Let a courier of the mock claim what is due, as if a sweep had told it to look."""
    courier = Courier(lambda: fake.mock, (), lambda: fake.wall)
    fake.mock.take_over(fake.wall)
    return courier._claim()


def test_a_claim_of_a_dead_process_is_taken_over(redis: Engine) -> None:
    """A webhook that somebody has claimed and says nothing more of is sent by another: at least once."""
    redis.empty()
    dead, living = Fake(store=redis.store(lease=-1e9)), Fake(store=redis.store())
    with receiving() as receiver:
        dead.post(UPLOAD_COVER, {"audio_id": "aud123456789", "callback_url": receiver.url})
        dead.wait(60)
        living.wait(60)
        [(_, delivery, _)] = claimed(dead)
        courier = Courier(lambda: living.mock, (), lambda: living.wall)
        living.mock.take_over(living.wall)
        courier.poke()
        webhook = receiver.next()
        laboratory = Laboratory(in_process(living.mock, lambda: living.wall))
        laboratory.find("docs").wait_for_callbacks(delivered=1)
        courier.stop()

    assert SENDING == delivery.state
    assert b"complete" in webhook.body


def test_while_redis_is_away_nothing_is_done_and_then_all_goes_on() -> None:
    """Every gateway answer is a 503 in the envelope, readyz is red, livez is not; what was accepted is there again."""
    with engine(*DURABLE) as redis:
        fake = Fake(store=redis.store())
        task = fake.cover()
        redis.kill()
        away = [fake.post(COVER, {"taskId": "gen_completed"}), fake.get(f"{COVER_STATUS}?task_id={task}")]
        ready, live = fake.control("GET", "readyz"), fake.control("GET", "livez")
        redis.start()
        wait_until(lambda: fake.control("GET", "readyz").status == 200)
        tasks = fake.control("GET", "worlds/docs/tasks").json["tasks"]

        assert [(503, "service_unavailable")] * 2 == [answer.error for answer in away]
        assert (503, 200) == (ready.status, live.status)
        assert "application/problem+json" == ready.headers["content-type"]
        assert "PENDING" == fake.status(task)
        assert [task] == [row["id"] for row in tasks if row["lifecycle"] == "cover"]
        assert 999 == fake.credits["main"]


def test_streams_and_waits_outlive_a_redis_that_comes_back() -> None:
    """What waits over the wire goes on waiting while Redis is away, and is told what happens afterwards."""
    with engine(*DURABLE) as redis, serving("--store", redis.url) as process:
        world = Laboratory(over_http(process.url), process.url).find("docs")
        stream = world.events(timeout=PATIENCE, begin="now")
        redis.kill()
        status = httpx.get(
            f"{process.url}{COVER_STATUS}?task_id=x", headers={"Authorization": f"Bearer {KEY}"}, trust_env=False
        )
        redis.start()
        wait_until(lambda: httpx.get(f"{process.url}/__mock/readyz", trust_env=False).status_code == 200)
        made = world.music_task()

        assert 503 == status.status_code
        assert any(event.data.get("task") == made for event in stream)  # tasks of the world's own go on, too
        stream.close()


def test_a_redis_that_has_lost_everything_gets_the_first_world_again() -> None:
    """Where nothing was written to disk the world of the server's start is made anew, and old tasks are unknown."""
    with engine() as redis:
        fake = Fake(store=redis.store())
        task = fake.cover()
        redis.kill()
        redis.start()
        wait_until(lambda: fake.control("GET", "readyz").status == 200)

        assert 404 == fake.get(f"{COVER_STATUS}?task_id={task}").status
        assert 1000 == fake.credits["main"]


def test_a_second_server_goes_on_with_the_world_that_is_there(pair: tuple[Fake, Fake], redis: Engine) -> None:
    """A server that starts later finds the tasks of the one before."""
    task = pair[0].cover()

    assert "PENDING" == Fake(store=redis.store()).status(task)


def test_only_the_redis_store_knows_redis() -> None:
    """No module but those of `stores/redis/` imports the package that not everybody has installed."""
    folder = Path(redis_store.__file__).parent
    outside = (path for path in folder.parents[1].rglob("*.py") if not path.is_relative_to(folder))
    imported = {
        name.split(".")[0]
        for path in outside
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }

    assert "redis" not in imported
    assert "orjson" in imported


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
