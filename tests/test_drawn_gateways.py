"""No false alarm: gateways drawn by chance differ only where nothing is documented. `make alarms` draws hundreds."""

from typing import Any

import pytest
from support.drawn import GUESSES, OPEN, plain
from support.drawn.trial import try_gateway, try_seed
from support.judging import blames


@pytest.mark.parametrize("seed", range(3))
def test_what_is_open_is_never_held_against_a_gateway(seed: int) -> None:
    """All open points at once, each answered by chance: nothing is broken at any level."""
    trial = try_seed("open", seed)

    assert [] == trial.alarms, str(trial)
    assert not trial.refuted


@pytest.mark.parametrize("seed", range(3))
def test_a_refuted_guess_is_blamed_as_what_it_is(seed: int) -> None:
    """Guesses refuted by chance, several at once: only their own sentences are blamed, and nothing documented."""
    trial = try_seed("guesses", seed)

    assert [] == trial.alarms, str(trial)
    assert trial.findings


@pytest.mark.parametrize("locks", ["page", "403", "408"])
def test_who_is_locked_out_for_a_moment_blames_nobody(locks: str) -> None:
    """A gateway or a firewall that refuses everybody after many bad requests is waited for."""
    trial = try_gateway(plain() | {"locks": locks, "stages": 0.0}, means=False, max_requests=250)

    assert [] == trial.alarms, str(trial)


def test_nothing_is_drawn_twice_and_everything_can_be() -> None:
    """Every point has several answers, and a guess other ones than ours; none stands on a documented sentence."""
    assert OPEN.keys() & GUESSES.keys() == set()
    assert all(len({*map(repr, values)}) > 1 for values in OPEN.values())
    assert all(one.plain not in one.values for one in GUESSES.values())
    assert not any(level == "documented" for one in GUESSES.values() for _, level in blames(one.breaks))


@pytest.mark.parametrize("name", ["poor", "no_audio"])
def test_a_refuted_guess_is_found_under_its_own_sentence(name: str) -> None:
    """One guess refuted alone is found, as what it stands on; `make alarms ARGS=--each` tries them all."""
    points: dict[str, Any] = plain() | {name: GUESSES[name].values[0], "stages": 0.0}
    trial = try_gateway(points, means=False, max_requests=150)

    assert [] == trial.alarms, str(trial)
    assert {*blames(GUESSES[name].breaks)} & trial.seen
