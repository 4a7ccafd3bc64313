"""The laboratory as Python calls: one suite, run in process, against a thread and against another process."""

from collections.abc import Iterator
from typing import Any

import pytest
from covermock.fixtures.laboratory import ControlError, World
from covermock.fixtures.serving import InProcess
from support.places import PLACES, Client, Place, calling, place
from support.receivers import receiving

HOUR = 3600


@pytest.fixture(scope="module", params=PLACES)
def lab(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A mock, wherever it is."""
    with place(request.param) as opened:
        yield opened


def alone(lab: Place, **spec: Any) -> tuple[World, Client]:
    """Return a world of one's own under `manual`, and a client in it."""
    world = lab.laboratory.world(**{"drive": "manual", "stage_seconds": HOUR, **spec})
    return world, lab.client(world)


def test_each_world_is_alone(lab: Place) -> None:
    """A key reaches its own world only: credits and tasks of others are untouched, in whatever order."""
    (one, client), (other, stranger) = alone(lab), alone(lab)
    task = client.cover(one.music_task())

    assert (999, 1000) == (credits_of(one), credits_of(other))
    assert 404 == stranger.cover_status(task).status
    assert one.api_key != other.api_key
    assert [] == other.journal(operation="startCover")


def credits_of(world: World) -> Any:
    """Return what the main account can spend."""
    return world.view()["accounts"]["main"]["credits"]


def test_an_hour_passes_at_once_and_webhooks_come_in_order(lab: Place) -> None:
    """Tasks whose stages take an hour are done with one advance; their webhooks arrive in the order of their ends."""
    with receiving() as receiver:
        world, client = alone(lab)
        lengths = [3, 1, 2]
        audio = [world.audio(30, yields={"stage_seconds": length * HOUR / 3}) for length in lengths]
        tasks = [client.upload_cover(one, callback_url=f"{receiver.url}/{n}") for n, one in enumerate(audio)]
        clock = world.advance(4 * HOUR)
        world.wait_for_callbacks()
        came = [receiver.next().path for _ in tasks]

    assert ["/1", "/2", "/0"] == came
    assert 3 == sum(event["kind"] == "callback" for event in clock["events"])
    assert ["complete"] * 3 == [client.upload_status(task).json["data"]["status"] for task in tasks]


def test_a_webhook_is_the_status_that_a_poll_shows(lab: Place) -> None:
    """The body is byte for byte what status answers; the deliveries journal has the attempt."""
    with receiving() as receiver:
        world, client = alone(lab)
        task = client.upload_cover(world.audio(), callback_url=f"{receiver.url}/hook")
        world.act(task, "complete")
        world.wait_for_callbacks(1)
        webhook = receiver.next()

    assert client.upload_status(task).body == webhook.body
    assert ["delivered"] == [row["state"] for row in world.callbacks()]
    assert [200] == [attempt["status"] for attempt in world.callbacks()[0]["attempts"]]


def test_plans_of_coming_tasks(lab: Place) -> None:
    """The fault `plan` says what the next tasks become: their stages, their end, what drives them."""
    world, client = alone(lab)
    world.fault(plan={"outcome": "failure", "stage_seconds": 1, "drive": "polls"}, times=1)
    client.cover_status("not-this-request")
    doomed, usual = client.cover(world.music_task()), client.cover(world.music_task())

    assert ["PENDING", "IN_PROGRESS", "FAILED", "FAILED"] == [client.state(doomed) for _ in range(4)]
    assert ["PENDING", "PENDING"] == [client.state(usual) for _ in range(2)]


def test_plans_of_running_tasks(lab: Place) -> None:
    """A running task can be slowed, hurried, doomed, driven otherwise; what was not named stays as it was."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    world.advance(1.5 * HOUR)
    world.plan(task, outcome="failure")
    after = [step["after"] for step in world.task(task)["plan"]]
    world.plan(task, drive="polls")
    seen = [client.state(task) for _ in range(3)]
    world.plan(task, outcome="success")

    assert [0, HOUR, 2 * HOUR] == after
    assert ["FAILED"] * 3 == seen
    assert "FAILED" == client.state(task)


@pytest.mark.parametrize("drive", ["time", "manual", "polls"])
def test_hold_release_fail_and_complete(lab: Place, drive: str) -> None:
    """A held task stays for ever, a released one goes on, an end sticks, whatever drives it."""
    world, client = alone(lab, drive=drive)
    held, failed, done = (client.cover(world.music_task()) for _ in range(3))
    world.act(held, "hold")
    world.advance(9 * HOUR)
    states = [client.state(held)]
    world.act(held, "release")
    world.advance(9 * HOUR)
    other = client.cover(world.music_task())
    world.act(other, "fail")
    world.act(other, "complete")

    assert [*states, client.state(held)] == ["PENDING", "SUCCESS"]
    assert "FAILED" == client.state(other)
    assert {"SUCCESS"} == {client.state(task) for task in (failed, done)}


def test_the_clock_goes_from_event_to_event(lab: Place) -> None:
    """`next` jumps to a stage, to the expiry of a fault, and says what it was; without an event nothing moves."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    world.fault(latency={"seconds": 0}, lasts=HOUR / 2)
    happened = [[(e["kind"], e.get("state")) for e in world.next()["events"]] for _ in range(4)]

    assert [[("expiry", None)], [("stage", "IN_PROGRESS")], [("stage", "SUCCESS")], []] == happened
    assert "SUCCESS" == client.state(task)
    assert [] == world.faults()


def test_the_clock_is_scaled_and_frozen(lab: Place) -> None:
    """A clock that runs a million times as fast ends an hour at once, and a frozen one stands still."""
    world, client = alone(lab, drive="time")
    task = client.cover(world.music_task())
    world.freeze()
    frozen = [world.call("GET", "/clock")["now"] for _ in range(2)]
    clock = world.scale(1_000_000)
    world.wait_for_task(task, "SUCCESS")

    assert frozen[0] == frozen[1]
    assert 1_000_000 == clock["scale"]


def test_a_fork_goes_its_own_way(lab: Place) -> None:
    """A fork has the state, keys of its own and an empty journal; both can be reset to where they began."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    fork = world.fork()
    fork.advance(9 * HOUR)
    states = client.state(task), lab.client(fork).state(task)
    fork.reset()

    assert ("PENDING", "SUCCESS") == states
    assert "PENDING" == lab.client(fork).state(task)
    assert fork.api_key != world.api_key
    assert 1 == fork.count()


def test_export_restore_and_replay(lab: Place) -> None:
    """A world is replaced by its own export and goes on as it was; its journal replays without a difference."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    world.advance(HOUR)
    before = client.cover_status(task)
    document = world.export()
    client.cover(world.music_task())
    again = lab.laboratory.restore(document)

    assert before == client.cover_status(task)
    assert 1 == len([one for one in again.tasks() if one["started_by"] == "startCover"])
    assert {"replayed": 3, "skipped": 0, "differences": []} == again.replay()


def test_faults_are_listed_with_how_often_they_fired(lab: Place) -> None:
    """`nth`, `times` and `probability` choose the requests; every fault tells how many it met and hit."""
    world, client = alone(lab, seed=4)
    task = client.cover(world.music_task())
    world.fault(id="third", status={"code": 503, "retry_after": 2}, nth=3)
    world.fault(id="twice", status={"code": 500}, match={"operation": "startCover"}, times=2)
    world.fault(id="some", status={"code": 502}, probability=0.5, match={"task": task})
    seen = [client.cover_status(task).status for _ in range(8)]
    counted = {fault["id"]: (fault["matched"], fault["fired"]) for fault in world.faults()}

    assert (8, 1) == counted["third"]
    assert (0, 0) == counted["twice"]
    assert 8 == counted["some"][0] == sum(counted["some"]) - counted["some"][1]
    assert counted["some"][1] == sum(status == 502 for status in seen)
    assert set(seen) <= {200, 502, 503}


def test_a_request_asks_for_an_outcome_itself(lab: Place) -> None:
    """`Prefer` and `?__code` give a documented answer, say so, and move nothing."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    by_header = client.cover_status(task, Prefer="code=404")
    by_query = client.send("GET", f"/api/v1/audio/music/cover/status?task_id={task}&__code=503")

    assert (404, "code=404") == (by_header.status, by_header.headers["preference-applied"])
    assert (503, "code=503") == (by_query.status, by_query.headers["preference-applied"])
    assert "PENDING" == client.state(task)


def test_the_journal_finds_counts_and_shows_what_came_near(lab: Place) -> None:
    """Entries are found by any criterion; when none is, those that come nearest are shown with what differs."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    client.state(task)
    client.cover_status("nobody")
    near = world.call("GET", "/journal?operation=getCoverStatus&status=500")["near_misses"]

    assert 2 == world.count(operation="getCoverStatus")
    assert ["getCoverStatus"] == [e["why"]["operation"] for e in world.journal(error="cover-task-not-found")]
    assert [{"what": "status", "expected": 500, "received": "404"}] == near[0]["differences"]


def test_waits_end_with_what_they_wait_for(lab: Place) -> None:
    """A wait returns at once for what is so already; one in vain says what came instead."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    world.wait_for_requests(1, operation="startCover")
    with pytest.raises(ControlError, match=r"expected 2 request.*1 of 1 requests so far"):
        world.wait_for_requests(2, timeout=0, operation="startCover")
    with pytest.raises(ControlError, match="it is 'PENDING', driven by 'manual'"):
        world.wait_for_task(task, "SUCCESS", timeout=0)
    world.act(task, "fail")
    with pytest.raises(ControlError, match="it is 'FAILED'"):
        world.wait_for_task(task, "SUCCESS", timeout=60)


def test_an_answer_is_explained(lab: Place) -> None:
    """The reasons of an answer: clause and line of the contract, fault or plan step, what comes next and when."""
    world, client = alone(lab)
    task = client.cover(world.music_task())
    client.state(task)
    plain = world.explain()
    world.fault(id="down", status={"code": 503})
    client.cover_status(task)
    faulty = world.explain(3)

    assert ("IN_PROGRESS", HOUR) == (plain["next"]["state"], plain["next"]["seconds"])
    assert "step 1 of 3" in plain["because"]
    assert "C8" == plain["clause"]["id"]
    assert plain["spec"].startswith("gateway.yaml:")
    assert "fault down" in faulty["because"]


def test_credits_are_held_captured_and_given_back(lab: Place) -> None:
    """The ledger's sum is what was granted, while tasks run, succeed and fail."""
    world, client = alone(lab)
    running, done, failed = (client.cover(world.music_task()) for _ in range(3))
    world.act(done, "complete")
    world.act(failed, "fail")

    assert {"granted": 1000, "available": 998, "held": 1, "captured": 1} == world.ledger()["main"]
    assert "PENDING" == client.state(running)


def test_what_is_not_understood_is_refused(lab: Place) -> None:
    """Unknown names and fields are refused with the nearest that exist."""
    world, _ = alone(lab)
    for refused, remedy in [
        (lambda: world.fault(latencey={"seconds": 1}), "did you mean 'latency'"),
        (lambda: world.fault(status={"code": 500}, match={"operation": "startCovr"}), "did you mean 'startCover'"),
        (lambda: world.count(operation="startCovr"), "did you mean 'startCover'"),
        (lambda: world.call("GET", "/tasks?stat=PENDING"), "did you mean 'state'"),
        (lambda: world.call("POST", "/clock/next", {"seconds": 5}), "takes no settings"),
        (lambda: world.plan(world.music_task(), stage_seconds={"txt": 1}), "did you mean 'text'"),
        (lambda: world.redeliver("d1"), "none is known"),
    ]:
        with pytest.raises(ControlError, match=remedy):
            refused()


def test_who_waits_for_webhooks_in_vain_is_told_of_the_last_of_them() -> None:
    """A world may have very many: those that are not told one by one are counted."""
    with InProcess() as here:
        world = here.laboratory.world(**{"from": "docs", "drive": "manual"})
        client = Client(calling(here), world.api_key)
        for _ in range(23):
            client.upload_cover("aud_30s", callback_url="http://127.0.0.1:9/")
        with pytest.raises(ControlError) as told:
            world.wait_for_callbacks(timeout=0)

    assert "received: 3 before; d4 of task" in str(told.value)
    assert "d23 of task" in str(told.value)
