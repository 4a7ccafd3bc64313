"""The laws of a world's clock: a straight line over wall time that never runs backwards."""

import pytest
from covermock.mock_server.world.clock import LAST, Clock
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import COVER, COVER_STATUS, NOON, Fake

instants = st.integers(0, 10**9).map(float)
seconds = st.integers(0, 10**6).map(float)
scales = st.sampled_from([0.0, 0.5, 1.0, 2.0, 1000.0])


@given(instants, seconds, scales)
def test_world_time_is_wall_time_times_the_scale(wall: float, passed: float, scale: float) -> None:
    """After so many real seconds, scale times as many have passed in the world."""
    clock = Clock(0.0, wall, scale)

    assert passed * scale == clock.now(wall + passed)


@given(instants, seconds, seconds, scales)
def test_a_split_advance_is_one_advance(wall: float, one: float, other: float, scale: float) -> None:
    """Advancing twice moves the clock as far as advancing once by the sum."""
    clock = Clock(100.0, wall, scale)

    assert clock.advance(one + other) == clock.advance(one).advance(other)


@given(instants, seconds, scales, scales)
def test_a_change_of_scale_is_no_jump(wall: float, passed: float, before: float, after: float) -> None:
    """At the instant when the scale changes, the world's time does not; nor does what calls have moved."""
    clock = Clock(100.0, wall, before).advance(5)
    changed = clock.at_scale(wall + passed, after)

    assert clock.now(wall + passed) == changed.now(wall + passed)
    assert 5 == changed.moved


@given(instants, seconds, st.sampled_from([0.5, 1.0, 2.0]))
def test_wall_at_is_the_inverse_of_now(wall: float, ahead: float, scale: float) -> None:
    """The wall instant of a world instant is the one at which the clock shows it."""
    clock = Clock(100.0, wall, scale)
    instant = clock.wall_at(100.0 + ahead)

    assert instant is not None
    assert pytest.approx(100.0 + ahead) == clock.now(instant)


def test_a_frozen_clock_never_reaches_an_instant() -> None:
    """Where time stands still, no wall instant shows a later world instant."""
    assert Clock(0.0, 0.0, 0.0).wall_at(1.0) is None


@given(st.floats(0, LAST), st.floats(0, 1e6), st.floats(0, 1e12))
def test_a_clock_stops_at_the_last_instant_that_can_be_told(world: float, scale: float, passed: float) -> None:
    """However fast it runs, and for however long: its time is one that has a date."""
    clock = Clock(world, 0.0, scale)

    assert min(world + passed * scale, LAST) == clock.now(passed)
    assert clock.wall_at(LAST + 1) is None


LOOKS = [
    ("GET", ""),
    ("GET", "/clock"),
    ("GET", "/tasks"),
    ("GET", "/callbacks"),
    ("GET", "/faults"),
    ("GET", "/journal"),
    ("GET", "/journal/last/explain"),
    ("GET", "/ledger"),
    ("GET", "/export"),
    ("GET", "/events?from=start&timeout=0"),
    ("POST", "/clock/next"),
    ("POST", "/replay"),
    ("POST", "/fork"),
    ("POST", "/reset"),
]


@pytest.mark.parametrize("starts", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:58Z", "9999-12-31T23:59:59.999Z"])
@pytest.mark.parametrize("drive", ["time", "manual", "polls"])
def test_a_world_at_either_end_of_time_answers_everything(fake: Fake, starts: str, drive: str) -> None:
    """Long after its clock has stopped, at a million world seconds a second, nothing about it is a failure."""
    spec = {"name": "w", "from": "docs", "starts": starts, "drive": drive, "speed": 1_000_000}
    made = fake.control("POST", "worlds", spec).status
    fake.control("POST", "worlds/w/faults", {"callback": {"mode": "late", "seconds": 31557600}})
    fake.control("POST", "worlds/w/faults", {"latency": {"seconds": 0}, "lasts": 31557600})
    body = {"audio_id": "aud_30s", "callback_url": "http://127.0.0.1:9/"}
    task = fake.post("/api/v1/audio/music/upload-cover/generate", body, key="aio_w").json["data"]["task_id"]
    fake.wait(1e9)
    document = fake.control("GET", "worlds/w/export").json
    statuses = [fake.control(method, f"worlds/w{path}").status for method, path in LOOKS]
    again = fake.control("PUT", "worlds/w/export", document).status
    polled = fake.get(f"/api/v1/audio/music/upload-cover/status?task_id={task}", key="aio_w").status

    assert (201, 200, 200) == (made, again, polled)
    assert {200, 201} >= set(statuses)
    assert 200 == fake.control("GET", "worlds").status


@pytest.mark.parametrize(
    "starts",
    [
        "2016-12-31T23:59:60Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_a_world_does_not_start_at_an_instant_that_can_not_be_told(fake: Fake, starts: str) -> None:
    """A leap second, or a year that no date or Unix time has, is refused at the door, with what is expected."""
    refused = fake.control("POST", "worlds", {"starts": starts})

    assert 400 == refused.status
    assert (
        f"body.starts: expected an instant from 1970 to 9999 (in UTC), with a second from 00 to 59, received {starts!r}"
        in (refused.json["detail"])
    )


@pytest.mark.parametrize("starts", ["2026-01-01t00:00:00z", "2026-01-01T00:00:00.123456789+23:59"])
def test_every_other_date_of_rfc_3339_is_understood(fake: Fake, starts: str) -> None:
    """Small letters, any offset, any number of digits."""
    assert 201 == fake.control("POST", "worlds", {"starts": starts}).status


@pytest.mark.parametrize("drive", ["time", "manual", "polls"])
def test_the_next_event_comes_at_the_end_of_time_too(fake: Fake, drive: str) -> None:
    """Where a double can't tell microseconds apart, each step is still one step, and it ends."""
    fake.control("POST", "worlds", {"name": "w", "from": "docs", "starts": "9990-01-01T00:00:00Z", "drive": drive})
    task = fake.cover(key="aio_w")
    states = []
    for _ in range(4):
        fake.control("POST", "worlds/w/clock/next")
        states.append(fake.control("GET", f"worlds/w/tasks/{task}").json["state"])

    assert ["IN_PROGRESS", "SUCCESS", "SUCCESS", "SUCCESS"] == states
    assert 200 == fake.get(f"{COVER_STATUS}?task_id={task}", key="aio_w").status


def test_a_clock_never_shows_more_than_it_can_tell_though_the_wall_steps_back() -> None:
    """Where real time was set back, an advance to the end still leaves a clock that can be exported and restored."""
    clock = Clock(LAST - 3, 1000.0).advance(5)

    assert LAST == clock.world
    assert LAST - 60 == clock.now(940.0)


def test_a_request_that_waited_while_its_world_was_begun_sees_no_time_before() -> None:
    """A server that made the world anew was quicker than a request under way: a completed task is not pending."""
    fake = Fake()
    fake.wall = NOON - 4.9

    assert 200 == fake.post(COVER, {"taskId": "gen_completed"}).status


@given(st.floats(-20, 20), st.floats(0, 20), st.floats(0, 100))
def test_a_later_request_never_sees_an_earlier_time(wall: float, later: float, scale: float) -> None:
    """Around the instant at which a clock was set, too."""
    clock = Clock(1000.0, 0.0, scale)

    assert clock.now(wall) <= clock.now(wall + later)
