"""Attacks on requests that come together over Redis: what breaks, dies, comes late or is somebody else's."""

import asyncio
from typing import Any

import pytest
from covermock.mock_server import Answer, Request
from covermock.mock_server.limits import Limits
from covermock.mock_server.server.together import Together
from covermock.mock_server.stores.redis import RedisStore
from support.engines import Engine
from support.fakes import COVER_STATUS, KEY, UPLOAD_COVER, Fake

SECOND = "aio_second_key"


@pytest.fixture
def pair(redis: Engine) -> tuple[Fake, Fake]:
    """Two mocks that share nothing but a Redis, as two processes would."""
    redis.empty()
    return Fake(store=redis.store()), Fake(store=redis.store())


def start(key: str = KEY) -> Request:
    """Return a request that starts a task."""
    headers = {"host": "x", "authorization": f"Bearer {key}", "content-type": "application/json"}
    return Request("POST", UPLOAD_COVER, "", headers, b'{"audio_id":"aud123456789"}')


def poll(task: str, key: str = KEY) -> Request:
    """Return a request that asks for a task."""
    return Request("GET", COVER_STATUS, f"task_id={task}", {"host": "x", "authorization": f"Bearer {key}"})


def statuses(fake: Fake, *requests: Request) -> list[int]:
    """Return how requests that come at once are answered."""
    return [answer.status for answer in fake.mock.answer_each(requests, fake.wall)]


def link(fake: Fake) -> Any:
    """Return a mock's connection to Redis."""
    store = fake.mock.store
    assert isinstance(store, RedisStore)
    return store.link


def journal(fake: Fake) -> list[tuple[int, str, int]]:
    """Return (number, query, status) of the exchanges of docs."""
    entries = fake.control("GET", "worlds/docs/journal").json["entries"]
    return [(entry["number"], entry["query"], entry["status"]) for entry in entries]


def test_a_request_that_crashes_takes_no_other_with_it(pair: tuple[Fake, Fake]) -> None:
    """One that can't be written down is a 500; its neighbours are done once each, over the same connection."""
    one, other = pair
    one.upload_cover()
    connection = link(one)._connection

    assert [200, 500, 200] == statuses(one, start(), poll("\ud800"), start())
    assert connection is link(one)._connection
    assert [(1, "", 200), (2, "", 200), (3, "", 200)] == journal(other)
    assert 15 == other.control("GET", "worlds/docs/ledger").json["accounts"]["main"]["held"]


def test_a_request_that_crashes_as_it_is_committed_breaks_no_connection(pair: tuple[Fake, Fake]) -> None:
    """Words that can't be sent to Redis are found before anything is."""
    one, _ = pair
    one.upload_cover()
    connection = link(one)._connection
    with pytest.raises(UnicodeEncodeError):
        link(one).command("GET", "\ud800")

    assert connection is link(one)._connection
    assert [200] == statuses(one, start())


def test_tasks_of_a_step_stand_in_the_order_of_their_requests(pair: tuple[Fake, Fake]) -> None:
    """Whoever lists tasks sees those of one step in the order in which they were accepted, at each process."""
    one, _ = pair
    one.upload_cover()
    ids = [answer.why["task"] for answer in one.mock.answer_each([start() for _ in range(12)], one.wall)]
    for fake in pair:
        listed = [task["id"] for task in fake.control("GET", "worlds/docs/tasks").json["tasks"]]

        assert ids == [name for name in listed if name in ids]


def test_requests_by_both_keys_of_a_world_made_anew_stand_in_their_order(pair: tuple[Fake, Fake]) -> None:
    """A process that knows the old world by one key, and the new one by the other, does them in one step."""
    one, other = pair
    one.upload_cover()
    other.control("POST", "worlds/docs/reset")
    statuses(one, *[poll(str(number), (KEY, SECOND)[number % 2]) for number in range(6)])

    assert [(number + 1, f"task_id={number}", 404) for number in range(6)] == journal(other)


def test_a_refusal_says_what_redis_counts(pair: tuple[Fake, Fake]) -> None:
    """An account that another process has spent from isn't told of credits that it has no more."""
    one, other = pair
    accounts, audio = {"main": {"key": "aio_small", "credits": 7}}, {"aud123456789": {"seconds": 9}}
    one.control("POST", "worlds", {"accounts": accounts, "audio": audio, "music_tasks": {"m": {}}})
    statuses(one, start("aio_small"))
    other.cover("m", key="aio_small")
    answers = [one.mock.answer_each([start("aio_small")], one.wall)[0] for one in (one, other)]

    assert all(answer.status == 402 and b"has 1." in answer.body for answer in answers)


def test_a_process_that_is_late_counts_no_refund_twice(pair: tuple[Fake, Fake]) -> None:
    """One that was frozen tells its old time: what another has given back meanwhile isn't held any more."""
    late, other = pair
    yields = {"audio": {"aud123456789": {"seconds": 9, "yields": {"outcome": "failure"}}}}
    accounts = {"main": {"key": "aio_small", "credits": 7}}
    made = late.control("POST", "worlds", {"stage_seconds": 1, "accounts": accounts, **yields}).json["name"]
    other.wait(30)
    assert [[200], [200]] == [statuses(fake, start("aio_small")) for fake in pair]
    ledger = {"granted": 7, "available": 2, "held": 5, "captured": 0}
    for fake in pair:
        assert ledger == fake.control("GET", f"worlds/{made}/ledger").json["accounts"]["main"]


def test_a_world_has_one_bound_for_all_processes(redis: Engine) -> None:
    """What others have started counts, also for a process that begins anew; a step may be a few above the bound."""
    redis.empty()
    fakes = [Fake(store=redis.store(), limits=Limits(tasks=30)) for _ in range(3)]
    told = [status for _ in range(10) for fake in fakes[:2] for status in statuses(fake, *[start()] * 6)]

    assert {200, 503} == set(told)
    assert [503] == statuses(fakes[2], start())
    assert 30 <= fakes[2].control("GET", "worlds/docs/tasks").json["total"] < 30 + 2 * 6


def test_a_long_step_among_quick_ones_gets_its_turn(pair: tuple[Fake, Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process is always quicker than many requests together, fewer of them are one step."""
    one, other = pair
    made = one.control("POST", "worlds", {"drive": "polls", "music_tasks": {"m": {}}}).json
    key = made["accounts"]["main"]["key"]
    task = one.cover("m", key=key)
    exchange, ask_each, count = one.mock._exchange, link(one).ask_each, 0

    def work(request: Request, wall: float) -> Answer:
        nonlocal count
        count += 1
        return exchange(request, wall)

    def ask(commands: Any) -> Any:
        nonlocal count
        if count > 3:
            other.control("POST", f"worlds/{made['name']}/clock/advance", {"seconds": 1})
        count = 0
        return ask_each(commands)

    monkeypatch.setattr(one.mock, "_exchange", work)
    monkeypatch.setattr(link(one), "ask_each", ask)

    assert [200] * 32 == statuses(one, *[poll(task, key)] * 32)
    assert 33 == one.control("GET", f"worlds/{made['name']}/journal").json["total"]


class _Client:
    """A connection whose answer can't be encoded, if it is broken; `got` is what came."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken
        self.got: list[Answer] = []
        self.gone = False

    def abort(self) -> None:
        """Be closed."""
        self.gone = True


def test_an_answer_that_cannot_be_delivered_keeps_none_from_the_others(pair: tuple[Fake, Fake]) -> None:
    """Its connection is closed; those that came in the same turn are answered."""
    clients = [_Client(broken=number == 1) for number in range(3)]

    def deliver(_: Request, client: Any, answer: Answer, __: float) -> None:
        if client.broken:
            raise ValueError("no answer")
        client.got.append(answer)

    async def turn() -> None:
        together = Together(lambda: pair[0].mock, deliver)
        for client in clients:
            together.add(start(), client)  # type: ignore[arg-type]
        await asyncio.sleep(0)

    asyncio.run(turn())

    assert [1, 0, 1] == [len(client.got) for client in clients]
    assert [False, True, False] == [client.gone for client in clients]
