"""Runs a target on many inputs: led by coverage (atheris, libFuzzer), or by a seed alone."""

import hashlib
import json
import math
import os
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sections import commit

from .promises import Broken, attempt
from .targets import TARGETS, Target

ROOT = Path(__file__).parents[2]
FOUND = Path(__file__).parent / "found"
WORK = ROOT / "build" / "fuzz"
_BITS = 27  # of the table that estimates how many inputs differed


@dataclass
class Run:
    """What a run did. `longest` is of one input (seconds), `memory` the most that the process needed (MiB).

    `differing` is an estimate by linear counting, within a percent.
    """

    target: str
    way: str = "led"
    commit: str = ""
    inputs: int = 0
    requests: int = 0
    differing: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    longest: float = 0.0
    memory: int = 0
    broken: dict[str, int] = field(default_factory=dict)


class Counter:
    """Plays inputs one by one, counts them, and keeps the first case of each place that breaks."""

    def __init__(self, name: str, target: Target, way: str, keep: Path = FOUND) -> None:
        self.run = Run(name, way, commit())
        self.fresh: list[Path] = []
        self._target = target
        self._keep = keep
        self._seen = bytearray(1 << (_BITS - 3))
        self._began = time.monotonic()

    def one(self, data: bytes) -> None:
        """Play one input."""
        run = self.run
        run.inputs += 1
        mark = hash(data) & ((1 << _BITS) - 1)
        self._seen[mark >> 3] |= 1 << (mark & 7)
        before = time.process_time()
        case = self._target.case(data)
        broken = attempt(self._target.play, case, getattr(self._target, "seconds", None))
        took = time.process_time() - before
        run.processor += took
        run.longest = max(run.longest, took)
        if broken is not None:
            self._note(broken, case)

    def _note(self, broken: Broken, case: Any) -> None:
        count = self.run.broken.get(broken.place, 0)
        self.run.broken[broken.place] = count + 1
        if count == 0:
            self.fresh.append(kept(self._keep / self.run.target, broken, case))
            sys.stderr.write(f"FOUND {self.run.target}: {broken}\n  kept as {self.fresh[-1]}\n")

    def done(self) -> Run:
        """Return what was done so far."""
        bits = 1 << _BITS
        empty = bits - int.from_bytes(self._seen, "little").bit_count()
        self.run.differing = min(round(-bits * math.log(max(empty, 1) / bits)), self.run.inputs)
        self.run.requests = getattr(self._target, "requests", 0)
        self.run.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        self.run.seconds = time.monotonic() - self._began
        return self.run


def kept(folder: Path, broken: Broken, case: Any) -> Path:
    """Write a case down, with what it broke."""
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.blake2b(broken.place.encode(), digest_size=5).hexdigest()
    path = folder / f"{name}.json"
    document = {"broke": broken.place, "case": case if broken.case is None else broken.case}
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")
    path.with_suffix(".txt").write_text(str(broken), encoding="utf-8", errors="backslashreplace")
    return path


def seeded(target: Target, seed: int, count: int, seeds: Sequence[bytes] = ()) -> Iterator[bytes]:
    """Yield `count` inputs that depend on the seed and the `seeds` alone: mutated, joined, or made anew."""
    chance = random.Random(seed)
    known = seeds or target.seeds()
    for _ in range(count):
        data = bytearray(chance.choice(known))
        if chance.random() < (0.1 if seeds else 0.5):
            data = bytearray(chance.randbytes(chance.randrange(1, target.longest)))
        for _ in range(chance.randrange(1, 6)):
            _mutate(data, known, chance)
        yield bytes(data[: target.longest])


def _mutate(data: bytearray, known: Sequence[bytes], chance: random.Random) -> None:
    """Change some bytes: others in their place or between them, a piece once more, a piece of another input."""
    at, kind = chance.randrange(len(data) + 1), chance.randrange(5)
    if kind == 0 and at < len(data):
        data[at] = chance.randrange(256)
    elif kind == 1:
        del data[at : at + chance.randrange(1, 9)]
    elif kind == 2:
        other = chance.choice(known)
        start = chance.randrange(len(other) + 1)
        data[at:] = other[start:]
    else:
        piece = data[at : at + chance.randrange(1, 20)] if kind == 3 else chance.randbytes(chance.randrange(1, 5))
        data[at : at + chance.choice((0, len(piece)))] = piece


def blind(name: str, inputs: int, seconds: float, seed: int) -> None:
    """Run a target on mutations of what coverage has found, without looking at coverage: several times faster."""
    target = TARGETS[name]()
    corpus = [path.read_bytes() for path in sorted((WORK / name).glob("*"))] or target.seeds()
    counter, end = Counter(name, target, "blind"), time.monotonic() + seconds
    for data in seeded(target, seed, inputs, corpus):
        counter.one(data)
        if counter.run.inputs % 64 == 0 and time.monotonic() > end:
            break
    finish(counter.done())


def led(name: str, inputs: int, seconds: float, seed: int) -> None:
    """Run a target led by coverage, in this process, until it has had that many inputs or seconds; then end it."""
    import atheris

    with atheris.instrument_imports(include=["covermock"], enable_loader_override=False):
        target = TARGETS[name]()
    corpus = WORK / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data[: target.longest])
    counter, end = Counter(name, target, "led"), time.monotonic() + seconds

    def one(data: bytes) -> None:
        counter.one(data)
        if counter.run.inputs >= inputs or (counter.run.inputs % 64 == 0 and time.monotonic() > end):
            finish(counter.done())

    options = [
        f"-max_len={target.longest}",
        f"-seed={seed}",
        "-rss_limit_mb=3000",
        "-timeout=120",
        "-use_value_profile=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one, enable_python_coverage=True)
    atheris.Fuzz()


def finish(run: Run) -> None:
    """Write down what a run did, and end the process."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run)) + "\n")
    sys.stderr.flush()
    os._exit(1 if run.broken else 0)
