"""Songs made from a name alone, as WAV."""

from __future__ import annotations

import math
from array import array
from functools import lru_cache
from io import BytesIO
from itertools import accumulate
from typing import TYPE_CHECKING

from .chance import chance_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    Notes = list[tuple[int, int]]  # (degree of the scale, eighths)

SAMPLE_RATE = 8000
"""Samples per second of every song: each whole millisecond is a whole number of samples."""

BAD_SECONDS = "expected a length in seconds, finite and not negative; received {seconds!r}; ask for 6 to 60"


def song(name: str, seconds: float) -> bytes:
    """A melody for this name as WAV (PCM, 16 bit, mono, `SAMPLE_RATE`), `seconds` long to the sample."""
    import wave

    if not 0 <= seconds < math.inf:
        raise ValueError(BAD_SECONDS.format(seconds=seconds))
    phrase, count = _phrase(chance_of("song", name)), round(seconds * SAMPLE_RATE)
    samples = (phrase * (count // len(phrase) + 1))[:count]
    fade = min(count, SAMPLE_RATE // 20)  # the end falls anywhere in the phrase, and would click
    for left in range(fade):
        samples[count - 1 - left] = samples[count - 1 - left] * left // fade
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return out.getvalue()


# How the eight eighths of a bar are shared out among notes; a chord for each bar, in degrees of the scale.
RHYTHMS = ((2, 1, 1, 2, 2), (3, 3, 2), (1, 1, 2, 1, 1, 2), (2, 2, 1, 1, 2), (3, 1, 2, 2), (1, 2, 1, 2, 2))
CHORDS = ((0, 5, 3, 4), (0, 4, 5, 3), (5, 3, 0, 4), (0, 3, 5, 4), (0, 2, 3, 4))
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))


def _phrase(chance: random.Random) -> array[int]:
    """Four bars: a melody that follows the chords, broken chords, and a bass."""
    eighth, key, scale = chance.randrange(1300, 2100), chance.randrange(45, 57), chance.choice(SCALES)
    chords, broken = chance.choice(CHORDS), chance.sample((7, 9, 11, 14), 4) * 2
    voices = (
        (9500, _melody(chance, chords)),
        (3500, [(chord + step, 1) for chord in chords for step in broken]),
        (5000, [(chord, 4) for chord in chords for _ in range(2)]),
    )

    def waveform(loudness: int, notes: Notes) -> Iterable[int]:
        for degree, eighths in notes:
            yield from _note(key + 12 * (degree // 7) + scale[degree % 7], eighths * eighth, loudness)

    return array("h", map(sum, zip(*(waveform(*voice) for voice in voices), strict=True)))


def _melody(chance: random.Random, chords: Sequence[int]) -> Notes:
    """A motif in every bar, two octaves above the bass, backwards in the third."""
    rhythm = chance.choice(RHYTHMS)
    steps = chance.choices((-2, -1, 1, 2), k=len(rhythm) - 1)
    walk = list(accumulate(steps, lambda at, step: at + step if abs(at + step) < 5 else at - step, initial=0))
    bars = zip(chords, (walk, walk, walk[::-1], walk), strict=True)
    return [(14 + chord % 4 + step, n) for chord, bar in bars for step, n in zip(bar, rhythm, strict=True)]


@lru_cache(maxsize=64)
def _note(pitch: int, count: int, loudness: int) -> list[int]:
    """A plucked note, which starts and ends in silence so that it can follow any other without a click."""
    turn, fall = math.tau * 440 * 2 ** ((pitch - 69) / 12) / SAMPLE_RATE, -3.5 / max(count, 4000)

    def sample(at: int) -> int:
        envelope = min(1, at / 60, (count - at) / 200) * math.exp(fall * at)
        return int(loudness * envelope * (math.sin(turn * at) + 0.3 * math.sin(turn * at * 2)))

    return [sample(at) for at in range(count)]
