"""Work grows with what comes in, and not with its square. No limit in seconds: only how much longer more takes."""

import runpy
from pathlib import Path

import pytest

LINEAR = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "linear.py"))
FEW, TIMES = 1000, 8
ROUNDS = 3  # at most, the best of which counts, since noise only adds


def took(name: str, count: int) -> float:
    """Return the processor time that the case takes with so many parts."""
    return LINEAR["seconds"](LINEAR["CASES"][name].prepare(count)[0])


@pytest.mark.parametrize("name", LINEAR["CASES"])
def test_eight_times_as_much_takes_about_eight_times_as_long(name: str) -> None:
    """Not 64 times, as it would where each part is compared with all the others; halfway is where the line is drawn."""
    few = max(min(took(name, FEW) for _ in range(ROUNDS)), 0.001)  # seconds; below it is the clock that is measured

    assert any(3 * TIMES * few > took(name, FEW * TIMES) for _ in range(ROUNDS))
