"""When webhooks are due, in which order they go, and whose turn it is: laws of pure functions, without a clock."""

from collections import Counter

import pytest
from covermock.mock_server.webhooks.agenda import Agenda
from covermock.mock_server.webhooks.turns import Turns
from covermock.mock_server.world.clock import Clock
from covermock.mock_server.world.task import MANUAL, POLLS, TIME, Task, count_poll, hold, release
from covermock.mock_server.world.webhook import Attempt, Delivery, claim_delivery, record_attempt
from covermock.mock_server.world.webhook_due import due_in, running
from covermock.mock_server.world.world import World
from covermock.openapi import load
from hypothesis import given
from hypothesis import strategies as st

CONTRACT = load()
LENGTH = 3.0  # seconds until a task of this contract has ended: three stages of a second


def world(drive: str = TIME, scale: float = 1.0) -> World:
    """Return an empty world whose time began at 0."""
    return World("w", {}, CONTRACT, Clock(0.0, 0.0, scale), drive=drive)


def owed(here: World, began: float = 0.0, url: str = "http://localhost:1/", **mode: object) -> Delivery:
    """Return the webhook of a new task of the world."""
    task = Task(
        f"t{len(here.tasks)}", "music", "a", began, began, here.plan("music", {"outcome": "success"}), here.drive
    )
    here.tasks[task.id] = task
    return here.outbox.plan(task.id, "startUploadCover", url, mode)


def test_a_webhook_is_due_at_the_end_of_its_task() -> None:
    """Under time it follows from the task's plan alone: nobody has to look, or to note anything, before."""
    here = world()
    delivery = owed(here)

    assert [(1.0, True), (0.0, False), (-7.0, False)] == [
        (due_in(here, delivery, now), running(here, delivery, now)) for now in (LENGTH - 1, LENGTH, LENGTH + 7)
    ]


def test_what_is_held_or_stalls_is_never_due() -> None:
    """A held task owes nothing until it is released, one that stalls never does."""
    here = world()
    held, stalled = owed(here), owed(here)
    hold(here.tasks[held.task], 1.0)
    here.tasks[stalled.task].plan = here.plan("music", {"outcome": "stall"})
    before = [due_in(here, one, 100.0) for one in (held, stalled)]
    release(here.tasks[held.task], 100.0)

    assert [None, None] == before
    assert LENGTH - 1 == due_in(here, held, 100.0)


@pytest.mark.parametrize("scale", [0.0, 1.0, 1000.0])
def test_under_manual_a_late_webhook_waits_for_control_calls(scale: float) -> None:
    """Where only control calls move a task, only they bring its late webhook, however the world's clock runs."""
    here = world(MANUAL, scale)
    delivery = owed(here, mode="late", seconds=60.0)
    here.clock = here.clock.advance(LENGTH)
    late = due_in(here, delivery, here.clock.now(500.0))
    here.clock = here.clock.advance(59.0)
    almost = due_in(here, delivery, here.clock.now(900.0))
    here.clock = here.clock.advance(1.0)

    assert [60.0, 1.0, 0.0] == [late, almost, due_in(here, delivery, here.clock.now(900.0))]


def test_under_polls_a_webhook_is_due_with_the_last_poll() -> None:
    """The poll that shows the end makes it due at that instant; lateness then counts in the world's time."""
    here = world(POLLS)
    delivery, late = owed(here), owed(here, mode="late", seconds=60.0)
    moved = [count_poll(here.tasks[one.task], 10.0 + n) for one in (delivery, late) for n in range(4)]

    assert [False, False, False, True] * 2 == moved
    assert (-7.0, 53.0) == (due_in(here, delivery, 20.0), due_in(here, late, 20.0))


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=20), st.lists(st.integers(0, 30), max_size=6)
)
def test_each_receiver_gets_its_webhooks_in_the_order_of_their_ends(
    ends: list[tuple[int, int]], looks: list[int]
) -> None:
    """Whenever somebody looks: none goes early, none twice, each receiver's go in order, and all go in the end."""
    here = world()
    agenda, went = Agenda(here), []
    for end, port in ends:
        owed(here, float(end) - LENGTH, f"http://localhost:{port}/")
    for now in [*sorted(looks), *[100] * len(ends)]:
        agenda.look(float(now))
        for delivery in list(agenda.heads(float(now), 99)):
            assert here.state(here.tasks[delivery.task], float(now)) == "complete"
            agenda.take(delivery)
            claim_delivery(delivery, float(now))
            record_attempt(delivery, Attempt(float(now), 200), [])
            here.outbox.note(delivery)
            agenda.under_way.clear()
            went.append((delivery.receiver, here.tasks[delivery.task].began, delivery.number))

    assert sorted(one.number for one in here.outbox) == sorted(number for _, _, number in went)
    for receiver in {receiver for receiver, _, _ in went}:
        own = [row for row in went if row[0] == receiver]
        assert sorted(own) == own


def test_a_receiver_gets_one_at_a_time() -> None:
    """While a webhook is on its way to a receiver, whoever sends it, only other receivers get theirs."""
    here = world()
    first, second, other = (owed(here, -10.0, f"http://localhost:{port}/") for port in (1, 1, 2))
    agenda = Agenda(here)
    agenda.look(0.0)
    heads = list(agenda.heads(0.0, 99))
    claim_delivery(first, 0.0)  # by another process
    here.outbox.note(first)
    agenda.look(0.0)
    meanwhile = list(agenda.heads(0.0, 99))
    record_attempt(first, Attempt(0.0, 200), [])
    here.outbox.note(first)

    assert [first, other] == heads
    assert [other] == meanwhile
    assert [other, second] == sorted(agenda.heads(0.0, 99), key=lambda one: -one.number)


def test_receivers_take_turns() -> None:
    """Where fewer may go than there are receivers, the one that was served last comes after all others."""
    here = world()
    for _ in range(2):
        for port in range(3):
            owed(here, -10.0, f"http://localhost:{port}/")
    agenda, went = Agenda(here), []
    agenda.look(0.0)
    for _ in range(6):
        [head] = agenda.heads(0.0, 1)
        agenda.take(head)
        claim_delivery(head, 0.0)
        record_attempt(head, Attempt(0.0, 200), [])
        here.outbox.note(head)
        agenda.under_way.clear()
        went.append(head.receiver)

    assert ["localhost:0", "localhost:1", "localhost:2"] * 2 == went


def test_a_reordered_webhook_is_overtaken_within_a_second() -> None:
    """What becomes due within a second after it goes first; after that it goes, too."""
    here = world()
    owed(here, 0.0, mode="reordered")
    owed(here, 0.5)
    agenda = Agenda(here)
    agenda.look(LENGTH + 1.0)

    assert ["d2", "d1"] == [one.id for one in agenda.lanes["localhost:1"]]


def test_what_is_lost_is_named_once_it_is_due() -> None:
    """A lost webhook takes no place in a lane; whoever sends notes it as lost."""
    here = world()
    delivery = owed(here, mode="lost")
    agenda = Agenda(here)

    assert [[], [delivery]] == [agenda.look(LENGTH - 1), agenda.look(LENGTH)]
    assert {} == agenda.lanes


def test_looking_costs_what_has_changed() -> None:
    """Among many that are still to come, a look takes out those that are due and leaves the others alone."""
    here = world()
    for number in range(1000):
        owed(here, float(number))
    agenda = Agenda(here)
    agenda.look(0.0)
    before = len(agenda.coming)
    for _ in range(50):  # as many control calls that say "look at everything"
        here.outbox.stir()
        agenda.look(0.0)
    agenda.look(LENGTH + 9)

    assert (1000, 990) == (before, len(agenda.coming))
    assert 10 == len(agenda.lanes["localhost:1"])


@given(st.integers(1, 40), st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 30)), max_size=40))
def test_there_is_room_for_a_newcomer(limit: int, wishes: list[tuple[str, int]]) -> None:
    """Whatever other worlds hold, no more are under way than may be, and a new world gets a turn while one is free."""
    turns, held = Turns(), Counter[str]()
    for name, wish in wishes:
        turns.want([name])
        for who, most in turns.take(limit):
            begun = min(most, wish)
            held[who] += begun
            turns.begin(who, begun, more=False)
        assert held.total() <= limit
    turns.want(["newcomer"])
    shares = dict(turns.take(limit))

    assert ("newcomer" in shares) == (held.total() < limit)
    assert all(count <= -(-limit // 2) for count in held.values())


def test_a_single_world_leaves_half_of_the_room() -> None:
    """One world with a thousand slow receivers has half, the next one half of the rest, and so on."""
    turns, shares = Turns(), []
    for name in "abcd":
        begun = 0
        turns.want([name])
        while given := turns.take(256):
            [(_, most)] = given
            begun += most
            turns.begin(name, most, more=True)
        turns.take(256)
        shares.append(begun)

    assert [128, 64, 32, 16] == shares


def test_worlds_that_come_together_get_the_same() -> None:
    """Those that want a turn at the same time share it out, whichever came first."""
    turns, begun = Turns(), Counter[str]()
    turns.want("abc")
    while given := turns.take(256):
        for name, most in given:
            begun[name] += most
            turns.begin(name, most, more=True)

    assert max(begun.values()) - min(begun.values()) <= 64 // 2
    assert begun.total() < 256
