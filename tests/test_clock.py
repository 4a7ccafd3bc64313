"""The laws of a world's clock: a straight line over wall time that never runs backwards."""

import pytest
from covermock.mock_server.world.clock import Clock
from hypothesis import given
from hypothesis import strategies as st

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

    assert clock.advanced(one + other) == clock.advanced(one).advanced(other)


@given(instants, seconds, scales, scales)
def test_a_change_of_scale_is_no_jump(wall: float, passed: float, before: float, after: float) -> None:
    """At the instant when the scale changes, the world's time does not; nor does what calls have moved."""
    clock = Clock(100.0, wall, before).advanced(5)
    changed = clock.scaled(wall + passed, after)

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
