"""Requests that come together are one step for each world, and one round trip; who is refused spoils nothing else."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import redis as client
from covermock.mock_server import Answer, Request
from covermock.mock_server.stores.redis import RedisStore
from support.engines import Engine
from support.fakes import COVER, COVER_STATUS, KEY, MUSIC, UPLOAD_COVER, Fake

AUDIO = {"audio": {"a": {"seconds": 9}}}


@pytest.fixture
def pair(redis: Engine) -> tuple[Fake, Fake]:
    """Two mocks that share nothing but a Redis, as two processes would."""
    redis.empty()
    return Fake(store=redis.store()), Fake(store=redis.store())


def start(key: str = KEY, audio: str = "aud123456789") -> Request:
    """Return a request that starts a task."""
    headers = {"host": "x", "authorization": f"Bearer {key}", "content-type": "application/json"}
    return Request("POST", UPLOAD_COVER, "", headers, b'{"audio_id":"%s"}' % audio.encode())


def cover(key: str = KEY) -> Request:
    """Return a request that may be accepted once."""
    return Request("POST", COVER, "", start(key).headers, b'{"taskId":"%s"}' % MUSIC.encode())


def poll(task: str, key: str = KEY) -> Request:
    """Return a request that asks for a task."""
    return Request("GET", COVER_STATUS, f"task_id={task}", {"host": "x", "authorization": f"Bearer {key}"})


def together(fake: Fake, *requests: Request) -> tuple[list[Answer], int]:
    """Return the answers to requests that come at once, and the round trips that they took."""
    store = fake.mock.store
    assert isinstance(store, RedisStore)
    before = store.link.trips
    return fake.mock.answer_each(requests, fake.wall), store.link.trips - before


def make(fake: Fake, **world: Any) -> Mapping[str, Any]:
    """Make a world, and return what the control API says of it; it is known to this process then."""
    made: Mapping[str, Any] = fake.control("POST", "worlds", {**AUDIO, **world}).json
    fake.get(f"{COVER_STATUS}?task_id=x", key=key_of(made))
    return made


def key_of(made: Mapping[str, Any]) -> str:
    return str(made["accounts"]["main"]["key"])


def journal(fake: Fake, name: str) -> list[tuple[int, int]]:
    """Return (number, status) of a world's exchanges."""
    entries = fake.control("GET", f"worlds/{name}/journal").json["entries"]
    return [(entry["number"], entry["status"]) for entry in entries]


def test_many_requests_of_many_worlds_are_one_round_trip(pair: tuple[Fake, Fake]) -> None:
    """Each is answered as it would be alone, in the order in which they came, and stands in the journal."""
    one, other = pair
    made = make(one)
    task = one.cover()
    one.upload_cover()
    key = key_of(made)
    together(one, start(), start(), start(), start(key, "a"))
    asked = [poll(task), start(), cover(), start(key, "a"), poll("x", key), poll(task), start(), start()]
    answers, trips = together(one, *asked)

    assert 1 == trips
    assert [200, 200, 400, 200, 404, 200, 200, 200] == [answer.status for answer in answers]
    assert [(1, 404), (2, 200), (3, 200), (4, 404)] == journal(other, made["name"])
    assert list(range(1, 12)) == [number for number, _ in journal(other, "docs")]
    assert journal(one, "docs") == journal(other, "docs")


def test_ids_of_a_step_are_those_of_one_after_the_other(redis: Engine) -> None:
    """One process gives the same ids whether requests come together or alone; the first one is dictated."""
    ids = []
    for groups in ((1,) * 7, (7,), (2, 5), (3, 1, 3)):
        redis.empty()
        fake = Fake(store=redis.store())
        answers = [answer for size in groups for answer in together(fake, *[start()] * size)[0]]
        ids.append([answer.why["task"] for answer in answers])

        assert 6 == fake.control("GET", "worlds/docs/export").json["state"]["made"]
    assert [ids[0]] * 4 == ids
    assert 7 == len(set(ids[0]))


def test_only_what_another_process_was_quicker_with_is_done_again(pair: tuple[Fake, Fake]) -> None:
    """A step that is refused in one world is committed in the others, once."""
    one, other = pair
    made = make(one)
    task = one.cover()
    together(one, poll(task), start(key_of(made), "a"))
    other.control("POST", f"worlds/docs/tasks/{task}/fail")
    answers, trips = together(one, poll(task), start(key_of(made), "a"), start())

    assert b'"FAILED"' in answers[0].body
    assert [200] * 3 == [answer.status for answer in answers]
    assert trips >= 2
    assert [404, 200, 200] == [status for _, status in journal(other, made["name"])]
    assert [200, 200, 200, 200] == [status for _, status in journal(other, "docs")]


def test_the_last_credits_are_spent_once_between_processes(pair: tuple[Fake, Fake]) -> None:
    """Who is refused in a step in which others pay is refused by the sum that Redis has."""
    made = make(pair[0], accounts={"main": {"credits": 52}})
    asked = [start(key_of(made), "a")] * 4
    answers = [answer for number in range(4) for answer in together(pair[number % 2], *asked)[0]]

    assert {200: 10, 402: 6} == Counter(answer.status for answer in answers)
    ledger = pair[1].control("GET", f"worlds/{made['name']}/ledger").json["accounts"]["main"]
    assert {"granted": 52, "available": 2, "held": 50, "captured": 0} == ledger


def test_a_refusal_for_want_of_credits_rests_on_what_redis_counts(pair: tuple[Fake, Fake]) -> None:
    """A process that pays and refuses in one step looks again where a task has failed meanwhile at another one."""
    one, other = pair
    made = make(one, accounts={"main": {"credits": 12}})
    [first], _ = together(one, start(key_of(made), "a"))
    other.control("POST", f"worlds/{made['name']}/tasks/{first.why['task']}/fail")
    answers, _ = together(one, *[start(key_of(made), "a")] * 3)

    assert [200, 200, 402] == [answer.status for answer in answers]


def test_a_stray_among_others_is_kept_once(pair: tuple[Fake, Fake]) -> None:
    """What belongs to no world is neither lost nor kept twice, though the rest is done again."""
    one, other = pair
    task = one.cover()
    other.control("POST", f"worlds/docs/tasks/{task}/fail")
    answers, _ = together(one, poll(task, "aio_nobody"), poll(task))

    assert [401, 200] == [answer.status for answer in answers]
    one.control("DELETE", "worlds/docs")
    assert 1 == len(list(one.mock.store.strays.entries))


def test_a_world_that_was_made_anew_is_met_by_both_of_its_keys(pair: tuple[Fake, Fake]) -> None:
    """One key of a world may be known from before, another one may lead to the new world: both are answered."""
    one, other = pair
    one.upload_cover()
    other.control("POST", "worlds/docs/reset")
    second = other.control("GET", "worlds/docs").json["accounts"]["second"]["key"]
    answers, _ = together(one, start(), start(second), start(), start(second))

    assert [200] * 4 == [answer.status for answer in answers]
    assert [(1, 200), (2, 200), (3, 200), (4, 200)] == journal(other, "docs")


def test_a_spoilt_world_takes_no_other_with_it(pair: tuple[Fake, Fake], redis: Engine) -> None:
    """Where another program has spoilt a world's journal, its requests are 503; those of others are committed."""
    one, other = pair
    made = make(one)
    one.upload_cover()
    with client.Redis.from_url(redis.url) as spoiler:
        [uid] = [name.split(b":")[1] for name in spoiler.scan_iter("covermock:*:facts") if spoilt(spoiler, name, made)]
        spoiler.set(b"covermock:%b:journal" % uid, b"x")
    answers, _ = together(one, start(key_of(made), "a"), start())

    assert [503, 200] == [answer.status for answer in answers]
    assert [(1, 200), (2, 200)] == journal(other, "docs")


def spoilt(redis: Any, facts: bytes, made: Mapping[str, Any]) -> bool:
    """Return True if these are the facts of the world that is to be spoilt."""
    return bool(redis.hget(facts, "name") == made["name"].encode())


def broken(*_: Any, **__: Any) -> None:
    """Break, as a connection does."""
    raise OSError("gone")


def test_without_redis_each_of_them_is_refused(pair: tuple[Fake, Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that breaks under a step leaves nobody without an answer, and nothing half done."""
    one, other = pair
    one.upload_cover()
    store = one.mock.store
    assert isinstance(store, RedisStore)
    monkeypatch.setattr(store.link._connection, "send_packed_command", broken)
    answers, _ = together(one, start(), poll("x"), start())

    assert [503] * 3 == [answer.status for answer in answers]
    assert [(1, 200)] == journal(other, "docs")


@pytest.mark.parametrize("second", ["a key that is not known yet", "a task that nobody has"])
def test_what_is_learnt_in_the_midst_of_a_step_gives_no_credit_back(pair: tuple[Fake, Fake], second: str) -> None:
    """The first request's price stays taken, though the next one makes this process look at the world anew."""
    one, other = pair
    together(other, start())  # so that nothing but the key makes the next step begin anew
    asked = start("aio_second_key") if second.startswith("a key") else poll("nobody")
    answers, _ = together(other, start(), asked, start())
    ledger = one.control("GET", "worlds/docs/ledger").json["accounts"]

    assert 200 == answers[0].status == answers[2].status
    assert {name: row["granted"] for name, row in ledger.items()} == {
        name: row["available"] + row["held"] + row["captured"] for name, row in ledger.items()
    }
    assert 3 * 5 == ledger["main"]["held"]


def test_a_look_at_the_whole_world_gives_no_credit_back(pair: tuple[Fake, Fake]) -> None:
    """Whoever looks at all tasks in the midst of a step gets what Redis counts, beside what the step has taken."""
    one, other = pair
    together(other, start())
    store = other.mock.store
    assert isinstance(store, RedisStore)

    def take(key: str, _: float) -> int:
        world, account = store.find_key(key) or pytest.fail("expected an account")
        account.balance -= 1
        return len(list(world.tasks))

    first, second = (store.run_each(take, [KEY], other.wall) for _ in range(2))
    assert first == second != [0]
    assert 1000 - 5 - 2 == one.control("GET", "worlds/docs/ledger").json["accounts"]["main"]["available"]
