"""Webhooks: when they go, where they may go, what is in them, and what comes of them. No test sleeps."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from covermock.fixtures.laboratory import World
from covermock.fixtures.serving import InProcess
from covermock.mock_server import Settings
from covermock.mock_server.world.outbox import CLOSED, Outbox
from covermock.mock_server.world.webhook import DELIVERED, FAILED, PLANNED, Attempt, plan_delivery, record_attempt
from hypothesis import given
from hypothesis import strategies as st
from support.places import Client, Place, calling, place
from support.receivers import Receiver, receiving

TRIES = 3  # the first one and what x-delivery repeats


@pytest.fixture(scope="module")
def lab() -> Iterator[Place]:
    """A server in a thread."""
    with place("thread") as opened:
        yield opened


class Hooked:
    """A world, a client in it, and tasks that owe webhooks."""

    def __init__(self, lab: Place, **spec: Any) -> None:
        self.world: World = lab.laboratory.world(**{"drive": "manual", **spec})
        self.client: Client = lab.client(self.world)

    def owe(self, url: str) -> str:
        """Start a task that owes a webhook, and end it."""
        task = self.client.upload_cover(self.world.audio(), callback_url=url)
        self.world.act(task, "complete")
        return task

    def last(self) -> Any:
        """Return the newest webhook."""
        return self.world.callbacks()[-1]


@pytest.fixture
def hooked(lab: Place) -> Hooked:
    """A world of one's own."""
    return Hooked(lab)


def arrives(receiver: Receiver, hooked: Hooked) -> Any:
    """Return the webhook's JSON once it has come and is noted."""
    came = receiver.next()
    hooked.world.wait_for_callbacks()
    return json.loads(came.body)


def test_failures_are_told_too(hooked: Hooked) -> None:
    """A task that fails owes its webhook as well."""
    with receiving() as receiver:
        task = hooked.client.upload_cover(hooked.world.audio(), callback_url=receiver.url)
        hooked.world.act(task, "fail")
        body = arrives(receiver, hooked)

    assert (task, "failed", []) == tuple(body["data"][name] for name in ("task_id", "status", "clips"))


def test_repetitions_wait_on_the_worlds_clock(hooked: Hooked) -> None:
    """A refused webhook is repeated when the world's time has come, and given up in the end; `next` finds each."""
    with receiving(500) as receiver:
        hooked.owe(receiver.url)
        kinds = []
        for attempts in range(1, TRIES):
            hooked.world.wait_for_callbacks(attempts=attempts)
            kinds += [event["kind"] for event in hooked.world.next()["events"]]
        hooked.world.wait_for_callbacks()

    assert ["callback"] * (TRIES - 1) == kinds
    assert "failed" == hooked.last()["state"]
    assert [500] * TRIES == [attempt["status"] for attempt in hooked.last()["attempts"]]


def test_a_repetition_may_succeed(lab: Place) -> None:
    """A webhook that is refused once arrives with the next try."""
    hooked = Hooked(lab, drive="time", stage_seconds=0, speed=1000)
    with receiving(503, 200) as receiver:
        hooked.owe(receiver.url)
        hooked.world.wait_for_callbacks(1)

    assert ("delivered", [503, 200]) == (hooked.last()["state"], [a["status"] for a in hooked.last()["attempts"]])


def test_a_receiver_that_is_not_there_is_a_fact(lab: Place) -> None:
    """A refused connection is recorded with its reason, and the task is not the worse for it."""
    hooked = Hooked(lab, drive="time", stage_seconds=0, speed=1000)
    with receiving() as receiver:
        url = receiver.url
    task = hooked.owe(url)
    hooked.world.wait_for_callbacks()

    assert ("failed", [None] * TRIES) == (hooked.last()["state"], [a["status"] for a in hooked.last()["attempts"]])
    assert "expected a connection to " in hooked.last()["attempts"][0]["problem"]
    assert "complete" == hooked.world.task(task)["state"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(lab: Place, status: int) -> None:
    """A redirect is an answer like any other that is not 2xx, and the place it names sees nothing."""
    hooked = Hooked(lab, drive="time", stage_seconds=0, speed=1000)
    with receiving() as other, receiving(status, Location=f"{other.url}/elsewhere") as receiver:
        hooked.owe(receiver.url)
        hooked.world.wait_for_callbacks()

        assert 0 == other.came.qsize()
    assert "a redirect to " in hooked.last()["attempts"][0]["problem"]
    assert "not followed" in hooked.last()["attempts"][0]["problem"]


@pytest.mark.parametrize("url", ["http://192.0.2.1/x", "http://[2001:db8::1]:9/x", "http://no-such-host.invalid/x"])
def test_a_forbidden_address_does_not_fail_the_task(hooked: Hooked, url: str) -> None:
    """The task is accepted and completes; the delivery is blocked, nothing is sent, and the remedy is named."""
    task = hooked.owe(url)
    hooked.world.wait_for_callbacks()

    assert ("complete", "blocked") == (hooked.world.task(task)["state"], hooked.last()["state"])
    assert "start with --allow-callback" in hooked.last()["attempts"][0]["problem"]


def test_an_allowed_host_is_tried() -> None:
    """With --allow-callback a foreign name is looked up and tried."""
    with InProcess(Settings(allow_callback=("no-such-host.invalid",))) as here:
        hooked = Hooked(Place(here.laboratory, calling(here)), drive="time", stage_seconds=0, speed=1000)
        hooked.owe("http://No-Such-Host.invalid/x")
        hooked.world.wait_for_callbacks()

        assert "failed" == hooked.last()["state"]
        assert "no address found" in hooked.last()["attempts"][0]["problem"]


def test_names_that_mean_this_machine_are_fine(hooked: Hooked) -> None:
    """A name goes where it resolves to, whichever of its addresses listens."""
    with receiving() as receiver:
        hooked.owe(receiver.url.replace("127.0.0.1", "localhost"))

        assert "complete" == arrives(receiver, hooked)["data"]["status"]


def test_a_forked_world_sends_what_it_owes() -> None:
    """A copy of a world owes the webhooks of its running tasks as well, though nobody asks for anything in it."""
    with InProcess(Settings()) as here, receiving() as receiver:
        hooked = Hooked(Place(here.laboratory, calling(here)), drive="time")
        hooked.client.upload_cover(hooked.world.audio(), callback_url=receiver.url)
        hooked.world.fork()
        here.mock.take_over(time.time())  # as a server does every few seconds
        here.look()
        came = [receiver.next() for _ in range(2)]

    assert came[0].body.partition(b"task_id")[2][:30] == came[1].body.partition(b"task_id")[2][:30]


def test_a_secret_signs_the_body(lab: Place) -> None:
    """With a secret there is an HMAC of the very bytes; without one there is no such header, and never a key."""
    signed, plain = Hooked(lab, callback_secret="s3cret"), Hooked(lab)
    with receiving() as receiver:
        signed.owe(receiver.url)
        one = receiver.next()
        plain.owe(receiver.url)
        other = receiver.next()
    expected = hmac.new(b"s3cret", one.body, hashlib.sha256).hexdigest()

    assert f"sha256={expected}" == one.headers["X-Signature"]
    assert "X-Signature" not in other.headers
    for webhook in (one, other):
        assert "Authorization" not in webhook.headers
        assert b"aio_" not in webhook.body


def test_an_early_webhook_comes_before_the_answer(hooked: Hooked) -> None:
    """The POST is answered only after its webhook was taken; the status then still runs."""
    with receiving() as receiver:
        hooked.world.fault(callback={"mode": "early"})
        task = hooked.client.upload_cover(hooked.world.audio(), callback_url=receiver.url)
        before = receiver.came.qsize()
        body = json.loads(receiver.next().body)

    assert 1 == before
    assert (task, "complete") == (body["data"]["task_id"], body["data"]["status"])
    assert "pending" == hooked.client.upload_status(task).json["data"]["status"]


def test_a_late_webhook_waits_for_the_worlds_time(hooked: Hooked) -> None:
    """A late webhook is due some seconds of the world's time after the end, and `next` jumps to it."""
    with receiving() as receiver:
        hooked.world.fault(callback={"mode": "late", "seconds": 600})
        hooked.owe(receiver.url)
        nothing = receiver.came.qsize()
        events = [event["kind"] for event in hooked.world.next()["events"]]
        arrives(receiver, hooked)

    assert (0, ["callback"]) == (nothing, events)


def test_a_lost_webhook_can_be_sent_once_more(hooked: Hooked) -> None:
    """A lost webhook is never sent, until redelivery is asked for."""
    with receiving() as receiver:
        hooked.world.fault(callback={"mode": "lost"})
        hooked.owe(receiver.url)
        hooked.world.wait_for_callbacks()
        lost = hooked.last()
        hooked.world.redeliver(lost["id"])
        arrives(receiver, hooked)

    assert ("lost", []) == (lost["state"], lost["attempts"])
    assert "delivered" == hooked.last()["state"]


def test_redelivery_works_in_every_state(lab: Place) -> None:
    """Delivered, failed, blocked, on its way and still to come: each is sent once more."""
    hooked = Hooked(lab)
    with receiving(held=True) as receiver:
        running = hooked.client.upload_cover(hooked.world.audio(), callback_url=f"{receiver.url}/running")
        hooked.world.redeliver("d1")
        hooked.owe(f"{receiver.url}/sending")
        receiver.next()
        hooked.world.redeliver("d2")
        receiver.gate.set()
        hooked.world.act(running, "complete")
        again = sorted(receiver.next().path for _ in range(3))
        hooked.world.wait_for_callbacks()
        hooked.world.redeliver("d2")
        delivered = receiver.next().path
        hooked.owe("http://192.0.2.1/")
        hooked.world.wait_for_callbacks()
        hooked.world.redeliver("d3")
        hooked.world.wait_for_callbacks()

    assert ["/running", "/running", "/sending"] == again
    assert "/sending" == delivered
    assert 2 == len(hooked.last()["attempts"])


def test_a_slow_receiver_holds_nobody(lab: Place) -> None:
    """While a receiver doesn't answer, requests are answered and webhooks of other worlds arrive."""
    with receiving(held=True) as slow, receiving() as quick:
        stuck, other = Hooked(lab), Hooked(lab)
        stuck.owe(slow.url)
        slow.next()
        other.owe(quick.url)

        assert "complete" == arrives(quick, other)["data"]["status"]
        assert "sending" == stuck.last()["state"]
        slow.gate.set()
        stuck.world.wait_for_callbacks(1)


def test_a_foreign_key_in_a_callback_url_is_not_shown(hooked: Hooked) -> None:
    """What looks like a real key is left out of what the deliveries journal shows."""
    with receiving() as receiver:
        hooked.owe(f"{receiver.url}/?key=aio_somebodys_real_key")
        came = receiver.next().path

    assert "/?key=aio_somebodys_real_key" == came
    assert "aio_somebodys_real_key" not in json.dumps(hooked.last())


def test_open_webhooks_are_found_among_many_closed_ones() -> None:
    """What is closed costs nothing to the search for what is due, and only the last of it are kept."""
    outbox = Outbox()
    for number in range(CLOSED + 50):
        delivery = outbox.plan(f"t{number}", "o", "http://localhost", {})
        delivery.due = 0.0
        record_attempt(delivery, Attempt(0.0, 200), [])
        outbox.note(delivery)
    waiting = outbox.plan("last", "o", "http://localhost", {})

    assert [waiting] == list(outbox.running.values())
    assert (0, CLOSED, CLOSED + 50) == (len(outbox.due), len(outbox.closed), outbox.delivered)
    assert outbox.find("d1") is None


@given(st.lists(st.sampled_from([200, 204, 299, 199, 300, 404, 500, None]), min_size=1, max_size=8))
def test_a_webhook_is_delivered_or_given_up(statuses: list[int | None]) -> None:
    """It is tried until it arrives, or three times; each repetition is due later than the try before."""
    delivery = plan_delivery(1, "t", "o", "http://localhost", {})
    now = delivery.due = 0.0
    used = []
    for status in statuses:
        if delivery.state != PLANNED:
            break
        assert delivery.due is not None
        now = max(now, delivery.due)
        record_attempt(delivery, Attempt(now, status), [1, 3])
        used.append(status)
    good = [status for status in used if status is not None and 200 <= status < 300]

    assert len(used) <= TRIES
    assert (delivery.state == DELIVERED) == bool(good)
    assert (delivery.state == FAILED) == (len(used) == TRIES and not good)
    assert delivery.state != PLANNED or delivery.due > now
