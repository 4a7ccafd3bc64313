"""What a process needs, sampled over time, and whether it stays flat."""

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

WARM = 0.2  # of the run is warm-up: journals and caches fill to their bounds
GROWTH = 0.02  # of the usual memory, by which its trend in the rest of a run may grow over the length of a run
LEAST_GROWTH = 8.0  # MiB, for runs so short that a few percent are noise
_SHORT = 1800.0  # seconds: what a short run is
_MORE = 0.5  # descriptors by which the trend may differ: none
_PEAK = 2.0  # descriptors by which the most in the second half may be above the most in the first
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
    return [_memory(warm), _descriptors(warm), _threads([before, *samples, after]), _given_back(before, after)]


def _memory(warm: Sequence[Sample]) -> Criterion:
    seconds, usual = warm[-1].at - warm[0].at, median(one.memory for one in warm)
    length = warm[-1].at
    grown = slope([(one.at, one.memory) for one in warm]) * length
    allowed = max(GROWTH * usual, LEAST_GROWTH if length < _SHORT else 0.0)
    measured = f"measured over the last {seconds / 60:.0f}"
    found = f"{usual:.0f} MiB, trend {grown:+.1f} MiB in {length / 60:.0f} minutes, {measured} (at most {allowed:.1f})"
    return Criterion("memory", found, grown <= allowed)


def _descriptors(warm: Sequence[Sample]) -> Criterion:
    """The most in the last half is at most a tenth over the most in the half before, and there is no trend."""
    half, seconds = len(warm) // 2, warm[-1].at - warm[0].at
    early, late = (max(one.descriptors for one in part) for part in (warm[:half], warm[half:]))
    grown = slope([(one.at, float(one.descriptors)) for one in warm]) * seconds if len(warm) >= _MANY else 0.0
    found = f"at most {early}, then at most {late}, trend {grown:+.1f} (at most {_MORE:g})"
    return Criterion("descriptors", found, late <= early * 1.1 + _PEAK and grown <= _MORE)


def _threads(samples: Sequence[Sample]) -> Criterion:
    """All are there from the start, and none comes or goes."""
    counts = {one.threads for one in samples}
    found = f"{min(counts)} to {max(counts)} in {len(samples):,} samples, without load too"
    return Criterion("threads", found, len(counts) == 1)


def _given_back(before: Sample, after: Sample) -> Criterion:
    """Without load, what was open is closed again."""
    found = f"{before.descriptors}, then {after.descriptors}"
    return Criterion("descriptors without load", found, after.descriptors <= before.descriptors + 4)
