"""A Redis that loses what it was given, all or a part, under servers that run: what is lost, and what comes back."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis as client
from covermock.mock_server.control.steps import Steps
from covermock.mock_server.http.messages import Answer
from support.engines import DURABLE, Engine, engine, wait_until
from support.fakes import COVER, COVER_STATUS, MUSIC, UPLOAD_COVER, Fake

STATUS = f"{COVER_STATUS}?task_id="


@pytest.fixture
def pair(redis: Engine) -> tuple[Fake, Fake]:
    """Two mocks that share nothing but a Redis, as two processes would."""
    redis.empty()
    return Fake(store=redis.store()), Fake(store=redis.store())


@pytest.fixture
def admin(redis: Engine) -> Iterator["client.Redis[bytes]"]:
    """A client of that Redis, for those who spoil it."""
    with client.Redis.from_url(redis.url) as opened:
        yield opened


def made(fake: Fake, **fields: Any) -> tuple[str, str]:
    """Make a world; return its name and the key of its first account."""
    world = fake.control("POST", "worlds", fields).json
    return world["name"], next(iter(world["accounts"].values()))["key"]


def by_hand(admin: "client.Redis[bytes]") -> None:
    """Delete our keys, one after the other, as people do."""
    for key in admin.keys("covermock:*"):
        admin.delete(key)


@pytest.mark.parametrize("lose", [lambda admin: admin.flushall(), by_hand], ids=["flushed", "deleted by hand"])
def test_the_first_world_comes_back_at_once(
    pair: tuple[Fake, Fake], admin: "client.Redis[bytes]", lose: Callable[[Any], None]
) -> None:
    """Valid keys go on to work at every process though no connection has broken; the old tasks are unknown."""
    one, other = pair
    task = one.cover()
    assert "PENDING" == other.status(task)
    lose(admin)

    assert [404, 404] == [fake.get(STATUS + task).status for fake in pair]
    assert (200, 400) == (other.post(COVER, {"taskId": MUSIC}).status, one.post(COVER, {"taskId": MUSIC}).status)
    assert {"main": 999, "second": 1000, "poor": 0} == one.credits == other.credits
    assert ["docs"] == [world["name"] for world in one.control("GET", "worlds").json["worlds"]]


@pytest.mark.parametrize("path", ["readyz", "worlds", "worlds/docs", "worlds/docs/tasks"])
def test_whatever_comes_first_makes_the_world_anew(pair: tuple[Fake, Fake], redis: Engine, path: str) -> None:
    """Whether a probe or a control call is the first to ask after the loss: the answer is as after a start."""
    redis.empty()

    assert 200 == pair[0].control("GET", path).status
    assert 404 == pair[1].get(f"{STATUS}x").status


def test_a_sweep_makes_the_world_anew_where_nobody_asks(
    pair: tuple[Fake, Fake], redis: Engine, admin: "client.Redis[bytes]"
) -> None:
    """A server without requests looks by itself."""
    redis.empty()
    pair[0].mock.take_over(pair[0].wall)

    assert b"docs" in admin.hkeys("covermock:worlds")


def test_keys_and_names_of_lost_worlds_are_nobody_elses(pair: tuple[Fake, Fake], redis: Engine) -> None:
    """Whoever goes on with the key of a world that is lost is told so, and never meets a new world of somebody else."""
    one, other = pair
    name, key = made(one)
    redis.empty()
    new, _ = made(other)

    assert (401, "authentication_error") == one.get(f"{STATUS}x", key=key).error
    assert 404 == other.control("GET", f"worlds/{name}").status
    assert name != new


def test_a_first_world_that_was_deleted_stays_deleted(pair: tuple[Fake, Fake]) -> None:
    """Only a loss brings the first world back, not somebody's wish to be rid of it."""
    pair[0].control("DELETE", "worlds/docs")
    pair[0].mock.take_over(pair[0].wall)

    assert [401, 401] == [fake.get(f"{STATUS}x").status for fake in pair]
    assert 200 == pair[1].control("GET", "readyz").status


def test_a_step_in_whose_midst_everything_is_lost_is_done_on_what_came_back(
    pair: tuple[Fake, Fake], redis: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control call that changes a world is never answered 200 for a change that no world has."""
    one, _ = pair
    answer, lost = Steps.answer, False

    def spoilt(steps: Steps, wall: float) -> Answer | None:
        nonlocal lost
        done = answer(steps, wall)
        if not lost:
            lost = True
            redis.empty()
        return done

    monkeypatch.setattr(Steps, "answer", spoilt)
    audio = one.control("POST", "worlds/docs/audio", {"seconds": 30}).json["id"]

    assert lost
    assert 200 == one.post(UPLOAD_COVER, {"audio_id": audio}).status


def test_a_world_that_is_made_while_everything_is_lost_is_there(pair: tuple[Fake, Fake], redis: Engine) -> None:
    """A new world goes into new tables, beside the first world."""
    redis.empty()
    name, key = made(pair[0])

    assert 404 == pair[1].get(f"{STATUS}x", key=key).status
    assert ["docs", name] == [world["name"] for world in pair[1].control("GET", "worlds").json["worlds"]]


def keys_of_docs() -> list[str]:
    """Return what the store keeps of all worlds and of one, so that each can be lost alone."""
    every = ["epoch", "worlds", "keys", "versions", "owing", "used", "seq", "made", "strays"]
    return [*every, *(f"*:{part}" for part in ("facts", "records", "changes", "sums", "keys", "journal", "controls"))]


@pytest.mark.parametrize("part", keys_of_docs())
def test_a_loss_of_any_part_ends_in_a_whole_world(
    pair: tuple[Fake, Fake], admin: "client.Redis[bytes]", part: str
) -> None:
    """Where Redis has dropped one key of ours, no answer is wrong: the world is as it was, or made anew, whole."""
    one, other = pair
    other.cover()
    admin.delete(*admin.keys(f"covermock:{part}") or ["covermock:nothing"])
    answers = [fake.get(f"{STATUS}x").status for fake in (one, other, one, other)]
    ledgers = [fake.control("GET", "worlds/docs/ledger").json["accounts"]["main"] for fake in pair]

    assert {404} == set(answers)
    assert ledgers[0] == ledgers[1]
    for ledger in ledgers:
        assert 1000 == ledger["granted"] == ledger["available"] + ledger["held"] + ledger["captured"]
    assert 200 == one.control("GET", "readyz").status


def test_a_redis_that_comes_back_with_less_is_believed() -> None:
    """After a restart on an older state, what a process remembers of the time between is forgotten."""
    with engine() as redis, client.Redis.from_url(redis.url) as admin:
        one, other = Fake(store=redis.store()), Fake(store=redis.store())
        name, key = made(one, music_tasks={"a": {}, "b": {"account": "second"}}, accounts={"main": {}, "second": {}})
        second = f"{key}_second"
        assert 404 == other.get(f"{STATUS}x", key=key).status
        admin.save()
        lost = one.cover("a", key=key)
        redis.kill()
        redis.start()
        for fake in (one, other):
            wait_until(lambda fake=fake: fake.control("GET", "readyz").status == 200)  # type: ignore[misc]
        kept = other.cover("b", key=second)

        assert 404 == one.get(STATUS + lost, key=key).status
        assert "PENDING" == one.status(kept, key=second)
        assert [("b", "second")] == [
            (task["source"], task["account"])
            for task in one.control("GET", f"worlds/{name}/tasks").json["tasks"]
            if task["lifecycle"] == "cover"
        ]


def test_what_waits_goes_on_after_a_loss(pair: tuple[Fake, Fake], redis: Engine) -> None:
    """A wait in a world that is lost ends, and says so."""
    one, _ = pair
    hold = one.control("POST", "worlds/docs/wait", {"requests": {"count": 5}, "timeout": 60}).answer.hold
    assert hold is not None
    redis.empty()
    answer = one.mock.look(hold, one.wall)

    assert answer is not None
    assert b"deleted or made anew" in answer.body


def test_worlds_that_others_have_deleted_are_forgotten(pair: tuple[Fake, Fake]) -> None:
    """A process doesn't grow by the worlds that it has met and that are gone."""
    one, other = pair
    for _ in range(20):
        name, key = made(one)
        assert 404 == other.get(f"{STATUS}x", key=key).status
        one.control("DELETE", f"worlds/{name}")
    for fake in pair:
        fake.mock.take_over(fake.wall)
        knowledge = fake.mock.store._knowledge  # type: ignore[attr-defined]

        assert {"docs"} >= {world.name for world in knowledge._worlds.values()}
        assert len(knowledge._keys) <= 1
        assert len(knowledge._names) <= 1


@contextlib.contextmanager
def clock_ahead(monkeypatch: pytest.MonkeyPatch, fake: Fake, seconds: float) -> Iterator[None]:
    """Set the clock of a mock's host ahead."""
    real, wall = time.time, fake.wall
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: real() + seconds)
        fake.wall = wall + seconds
        yield
        fake.wall = wall


def test_hosts_whose_clocks_differ_tell_the_same_time(pair: tuple[Fake, Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if a clock is set while the server runs: no status goes on, or back, because another host is asked."""
    one, other = pair
    task = one.cover()
    for seconds in (3600, -3600, 86400):
        with clock_ahead(monkeypatch, other, seconds):
            assert "PENDING" == other.status(task)
    one.wait(60)
    assert "SUCCESS" == one.status(task)


def test_a_world_of_a_host_whose_clock_is_wrong_begins_now(redis: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first world is made at the time that all tell, whatever the clock of the server says that makes it."""
    for seconds in (3600, -3600):
        redis.empty()
        right = Fake(store=redis.store())
        redis.empty()
        with clock_ahead(monkeypatch, right, seconds):
            Fake(store=redis.store(), wall=right.wall).cover()

        assert 200 == right.post(COVER, {"taskId": "gen_completed"}).status


def test_a_kill_loses_nothing_that_was_written_always() -> None:
    """The same kill with a Redis that has written all: everything is there at every process."""
    with engine(*DURABLE) as redis:
        one, other = Fake(store=redis.store()), Fake(store=redis.store())
        tasks = [one.cover(), other.upload_cover()]
        redis.kill()
        redis.start()
        for fake in (one, other):
            wait_until(lambda fake=fake: fake.control("GET", "readyz").status == 200)  # type: ignore[misc]

            assert "PENDING" == fake.status(tasks[0])
            assert {*tasks} <= {task["id"] for task in fake.control("GET", "worlds/docs/tasks").json["tasks"]}
