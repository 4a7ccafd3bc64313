"""The short form of `make soak`, and what its verdict is able to see."""

import asyncio
import contextlib
import os

from soak.__main__ import _end, soak
from soak.picture import picture
from soak.samples import Sample, sample, verdicts

STILL = Sample(0.0, 60.0, 7, 6, 0.0)


def flat(samples: list[Sample], after: Sample = STILL) -> dict[str, bool]:
    """Return whether each thing that is looked at is flat."""
    return {row.what: row.flat for row in verdicts(samples, STILL, after)}


def hour(**grown: float) -> list[Sample]:
    """Return the samples of an hour in which some things grow by so much in a minute, with noise."""
    return [
        Sample(
            float(at),
            100.0 + (at * 7919 % 13) / 4 + at / 60 * grown.get("memory", 0.0),
            40 + at * 31 % 9 + int(at / 60 * grown.get("descriptors", 0.0)),
            6,
            at / 10,
        )
        for at in range(0, 3600, 5)
    ]


def test_what_is_flat_is_called_flat() -> None:
    """Noise, and memory that fills up in the warm-up, is no growth."""
    filling = [one._replace(memory=min(one.memory, 60 + one.at / 10)) for one in hour()]

    assert all(flat(hour()).values())
    assert all(flat(filling).values())


def test_what_grows_is_seen() -> None:
    """A leak of 3 % in an hour, of a descriptor in two minutes, of one thread for a while; what is not given back."""
    assert flat(hour(memory=0.02))["memory"]
    assert not flat(hour(memory=0.05))["memory"]
    assert not flat(hour(descriptors=0.5))["descriptors"]
    assert not flat([*hour(), hour()[-1]._replace(at=3600.0, threads=7)])["threads"]
    assert not flat(hour(), STILL._replace(descriptors=20))["descriptors without load"]
    assert not flat(hour(), STILL._replace(threads=7))["threads"]


def test_a_process_is_sampled_and_drawn() -> None:
    """A sample has this process's own figures; the picture has a line for each."""
    one = sample(os.getpid(), 1.0)

    assert one.memory > 1
    assert one.descriptors > 2
    assert 3 == picture([one, one._replace(at=2.0)]).count("<polyline")


def test_a_short_soak_gives_everything_back() -> None:
    """Mixed load of a few seconds, in which memory only warms up: no wrong answer, no failure, all is given back."""
    run, rows = asyncio.run(soak(4.0, 0.5))

    assert [] == run.surprises
    assert [] == [row for row in rows if not row.flat and row.what != "memory"]


def test_a_client_that_swallows_its_end_is_ended_all_the_same() -> None:
    """Python 3.11 loses a cancellation that comes together with an answer; the load ends nevertheless."""

    async def load() -> bool:
        began = asyncio.Event()

        async def deaf() -> None:
            began.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
            await asyncio.sleep(3600)

        actor = asyncio.create_task(deaf())
        await began.wait()
        await _end([actor])
        return actor.cancelled()

    assert asyncio.run(load())
