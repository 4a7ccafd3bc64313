"""Batches of requests over Redis answer as one mock in memory does, whatever other processes do in their midst."""

from random import Random

import pytest
from support.engines import Engine
from support.twins import Script, Twins


@pytest.mark.seeds(5, 400)
def test_batches_over_redis_answer_as_memory_does(redis: Engine, seed: int) -> None:
    """Two processes in turn, and in the midst of each other's steps: answers, credits, tasks and journals agree."""
    twins = Twins(redis)
    try:
        script = Script(twins, Random(seed))  # noqa: S311 - the same script each time
        for _ in range(25):
            script.step()
        twins.agree(0)
        twins.agree(1)
    finally:
        twins.close()
