"""A Redis that is full, frozen, slow, read-only or spoilt under servers that run: documented answers, and no wait."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis as client
from covermock.mock_server.http.messages import Answer
from covermock.mock_server.stores.redis import RedisStore
from covermock.mock_server.stores.redis.connection import link
from covermock.mock_server.stores.redis.connection.link import Link, StoreUnreachableError
from support.engines import Engine, engine, wait_until
from support.fakes import COVER, COVER_STATUS, MUSIC, Fake

POLL = f"{COVER_STATUS}?task_id=x"


@pytest.fixture
def own() -> Iterator[Engine]:
    """A redis-server of one's own, since it is spoilt."""
    with engine() as running:
        yield running


@pytest.fixture
def admin(own: Engine) -> Iterator["client.Redis[bytes]"]:
    """A client of that Redis, for those who spoil it."""
    with client.Redis.from_url(own.url) as opened:
        yield opened


def store(fake: Fake) -> RedisStore:
    """Return the store of a mock."""
    assert isinstance(fake.mock.store, RedisStore)
    return fake.mock.store


def is_away(fake: Fake) -> str:
    """Hold what is promised while Redis can't be used; return why, as an answer says it."""
    answer = fake.get(POLL)

    assert (503, "service_unavailable") == answer.error
    assert 503 == fake.control("GET", "worlds/docs").status == fake.control("GET", "readyz").status
    assert 200 == fake.control("GET", "livez").status
    return answer.message


def is_back(fake: Fake) -> None:
    """Wait until everything works again, as it must by itself."""
    wait_until(lambda: fake.control("GET", "readyz").status == 200)

    assert 404 == fake.get(POLL).status


def test_a_full_redis_takes_nothing_and_loses_nothing(own: Engine, admin: "client.Redis[bytes]") -> None:
    """Beyond maxmemory: 503s that say so, a red readyz, worlds that can be deleted; with room, all as before."""
    fake = Fake(store=own.store())
    task = fake.cover()
    name = fake.control("POST", "worlds", {}).json["name"]
    admin.config_set("maxmemory", 1)

    assert "a Redis that is full (maxmemory)" in fake.post(COVER, {"taskId": "gen_completed"}).message
    assert 503 == fake.control("GET", "readyz").status
    assert 200 == fake.control("GET", "livez").status
    assert 204 == fake.control("DELETE", f"worlds/{name}").status
    admin.config_set("maxmemory", 0)

    assert "PENDING" == fake.status(task)
    assert (200, 400) == tuple(fake.post(COVER, {"taskId": "gen_completed"}).status for _ in range(2))
    assert 998 == fake.credits["main"]


def test_a_frozen_redis_costs_one_wait(own: Engine) -> None:
    """After the first answer that never comes nobody waits: each request is refused at once, until Redis goes on."""
    fake = Fake(store=own.store())
    task = fake.cover()
    with own.frozen():
        first = fake.get(POLL)
        before = store(fake).link.trips
        reason = is_away(fake)

        assert (503, "service_unavailable") == first.error
        assert before == store(fake).link.trips
        assert "TimeoutError" in reason
    is_back(fake)

    assert "PENDING" == fake.status(task)


def test_a_wait_ends_in_time_while_redis_is_away(own: Engine) -> None:
    """Who waits for something that can't be learnt gets the answer of one who waited in vain, when the time is up."""
    fake = Fake(store=own.store())
    hold = fake.control("POST", "worlds/docs/wait", {"requests": {"count": 1}, "timeout": 5}).answer.hold
    assert hold is not None
    own.kill()
    before, after = fake.mock.look(hold, fake.wall + 4), fake.mock.look(hold, fake.wall + 6)

    assert before is None
    assert after is not None
    assert 409 == after.status


def test_a_replica_is_left_for_the_primary(own: Engine, admin: "client.Redis[bytes]") -> None:
    """A primary that is made a replica refuses writes: 503 until the address leads to a primary again."""
    fake = Fake(store=own.store())
    fake.cover()
    admin.execute_command("REPLICAOF", "127.0.0.1", "1")

    assert "a Redis that takes no writes (a replica)" in fake.post(COVER, {"taskId": MUSIC}).message
    assert 503 == fake.control("GET", "readyz").status
    admin.execute_command("REPLICAOF", "NO", "ONE")
    is_back(fake)


@pytest.mark.parametrize("table", ["worlds", "keys", "versions", "owing", "epoch"])
def test_a_key_of_another_type_in_our_place_leaves_nothing_half_done(
    own: Engine, admin: "client.Redis[bytes]", table: str
) -> None:
    """Where another program has put something in the place of a table: 503 or a right answer, never half a step."""
    fake = Fake(store=own.store())
    fake.cover()
    [sums] = admin.keys("covermock:*:sums")
    name = f"covermock:{table}"
    admin.delete(name)
    admin.rpush(name, "something else")
    body = {"audio_id": "aud123456789", "callback_url": "http://127.0.0.1:9/"}
    accepted = fake.post("/api/v1/audio/music/upload-cover/generate", body).status == 200
    charged = 1000 - int(admin.hget(sums, "main") or 0)
    tasks = sum(b"task:upl" in field for field in admin.hkeys(sums.replace(b"sums", b"records")))

    assert 503 == fake.control("GET", "readyz").status
    assert (1 + 5 * tasks, int(accepted)) == (charged, tasks)


def test_scripts_that_are_gone_are_sent_again(own: Engine, admin: "client.Redis[bytes]") -> None:
    """Redis may forget scripts: nobody notices."""
    fake = Fake(store=own.store())
    admin.script_flush()

    assert 200 == fake.post(COVER, {"taskId": MUSIC}).status


def test_a_connection_that_is_killed_breaks_one_answer_at_most(own: Engine, admin: "client.Redis[bytes]") -> None:
    """A connection that Redis closes is replaced, and what was accepted is there."""
    fake = Fake(store=own.store())
    task = fake.cover()
    admin.client_kill_filter(_type="normal", skipme=True)

    assert 503 == fake.get(POLL).status
    is_back(fake)
    assert "PENDING" == fake.status(task)


class Slow:
    """A connection whose every answer takes half a second, by a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0

    def connect(self) -> None:
        """Be there at once."""

    disconnect = connect

    def pack_command(self, *_: Any) -> list[bytes]:
        """Return a command as bytes."""
        return [b"PING"]

    def send_command(self, *_: Any, **__: Any) -> None:
        """Take a command."""

    send_packed_command = send_command

    def read_response(self) -> bytes:
        """Answer after half a second."""
        self.now += 0.5
        return b"PONG"


def test_a_slow_redis_is_given_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of half a second, one after the other, stop being waited for, half of the time."""
    slow = Slow()
    monkeypatch.setattr(link, "_connections", lambda _: lambda: slow)
    monkeypatch.setattr(time, "monotonic", lambda: slow.now)
    here = Link("redis://nowhere", lambda: None)
    refused = 0
    while slow.now < 100:
        try:
            here.command("PING")
        except StoreUnreachableError:
            refused += 1
            slow.now += 0.01
    waited = here.trips * 0.5

    assert 20 < waited < 60
    assert refused > 1000
    with pytest.raises(StoreUnreachableError) as away:
        [here.command("PING") for _ in range(100)]
    assert "answers that take more than 0.25 s" in str(away.value.words["received"])


def test_a_pause_now_and_then_is_no_slow_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """One slow answer a second, as while a large world is made, is no reason to refuse anybody."""
    slow = Slow()
    monkeypatch.setattr(link, "_connections", lambda _: lambda: slow)
    monkeypatch.setattr(time, "monotonic", lambda: slow.now)
    here = Link("redis://nowhere", lambda: None)
    for _ in range(100):
        here.command("PING")
        slow.now += 0.6

    assert 100 == here.trips


def test_what_was_no_http_is_among_the_strays(redis: Engine) -> None:
    """A request that belongs to no world, not even to HTTP, is in the journal of strays at every process."""
    redis.empty()
    one, other = Fake(store=redis.store()), Fake(store=redis.store())
    answer: Answer = one.mock.malformed_answer("bytes that are no HTTP", one.wall)
    strays = other.control("GET", "journal").json["entries"]

    assert 400 == answer.status
    assert ["bytes that are no HTTP"] == [entry["body"] for entry in strays]
