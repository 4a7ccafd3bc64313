"""What a process needs, sampled over time, and whether it stays flat."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

WARM = 0.2  # of the run is warm-up: journals and caches fill to their bounds
GROWTH = 0.02  # of the usual memory, by which its trend in the rest of a run may grow over the length of a run
LEAST_GROWTH = 8.0  # MiB, for runs so short that a few percent are noise
_SHORT = 1800.0  # seconds: what a short run is
_MORE = 0.5  # descriptors or threads by which the trend may differ: none
_PEAK = 2.0  # descriptors or threads by which the most in the second half may be above the most in the first
_MANY = 100  # samples from which on a trend says something
_TICKS = os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """What a process had at an instant (seconds since the beginning): memory in MiB, processor time in seconds."""

    at: float
    memory: float
    descriptors: int
    threads: int
    processor: float
    requests: int = 0


def sample(pid: int, at: float, requests: int = 0) -> Sample:
    """Return what the process has now. Raises `OSError` when it is gone."""
    folder = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
    used = (folder / "stat").read_text().rpartition(")")[2].split()
    processor = (int(used[11]) + int(used[12])) / _TICKS
    descriptors = len(list((folder / "fd").iterdir()))
    return Sample(at, int(status["VmRSS"].split()[0]) / 1024, descriptors, int(status["Threads"]), processor, requests)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all points (Theil and Sen): single peaks don't move it."""
    spread = points[:: max(1, len(points) // 300)]
    return median(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for number, earlier in enumerate(spread)
        for later in spread[number + 1 :]
    )


class Criterion(NamedTuple):
    """What was looked at, what was found, and whether it is flat."""

    what: str
    found: str
    flat: bool


def verdicts(samples: Sequence[Sample], before: Sample, after: Sample) -> list[Criterion]:
    """Judge the samples of a run; `before` and `after` were taken without load."""
    warm = [one for one in samples if one.at >= samples[-1].at * WARM]
    return [_memory(warm), *_bounded(warm), *_given_back(before, after)]


def _memory(warm: Sequence[Sample]) -> Criterion:
    seconds, usual = warm[-1].at - warm[0].at, median(one.memory for one in warm)
    length = warm[-1].at
    grown = slope([(one.at, one.memory) for one in warm]) * length
    allowed = max(GROWTH * usual, LEAST_GROWTH if length < _SHORT else 0.0)
    measured = f"measured over the last {seconds / 60:.0f}"
    found = f"{usual:.0f} MiB, trend {grown:+.1f} MiB in {length / 60:.0f} minutes, {measured} (at most {allowed:.1f})"
    return Criterion("memory", found, grown <= allowed)


_SERIES: dict[str, Callable[[Sample], int]] = {
    "descriptors": lambda one: one.descriptors,
    "threads": lambda one: one.threads,
}


def _bounded(warm: Sequence[Sample]) -> list[Criterion]:
    """The most in the last half is at most a tenth over the most in the half before, and there is no trend."""
    half, seconds, rows = len(warm) // 2, warm[-1].at - warm[0].at, []
    for name, value in _SERIES.items():
        early, late = max(map(value, warm[:half])), max(map(value, warm[half:]))
        grown = slope([(one.at, float(value(one))) for one in warm]) * seconds if len(warm) >= _MANY else 0.0
        found = f"at most {early}, then at most {late}, trend {grown:+.1f} (at most {_MORE:g})"
        rows.append(Criterion(name, found, late <= early * 1.1 + _PEAK and grown <= _MORE))
    return rows


def _given_back(before: Sample, after: Sample) -> list[Criterion]:
    """Without load, what was open is closed again; a thread of each pool may stay."""
    return [
        Criterion(
            "descriptors without load",
            f"{before.descriptors}, then {after.descriptors}",
            after.descriptors <= before.descriptors + 4,
        ),
        Criterion(
            "threads without load", f"{before.threads}, then {after.threads}", after.threads <= before.threads + 12
        ),
    ]
