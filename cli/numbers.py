"""Numbers on the command line: finite, written plainly, and within bounds that everything after them can keep."""

import math
import re
from typing import Any, Final

import click

YEAR: Final = 31_557_600  # seconds; no wait or stage is longer
_PLAIN = re.compile(r"[+-]?[0-9.]{1,40}([eE][+-]?[0-9]{1,3})?")  # not nan, not inf, not 1_0, not a thousand digits
_QUOTED = 40  # characters of what was received


class Number(click.FloatRange):
    """A finite number within a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number that the text is. Raises `click.BadParameter`."""
        number = _read(str(value))
        if number is None or not _is_within(self, number):
            self.fail(f"expected a number in the range {self._describe_range()}, {_describe(value)}", param, ctx)
        return float(number)


class Whole(click.IntRange):
    """A whole number within a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number that the text is. Raises `click.BadParameter`."""
        number = _read(str(value))
        if number is None or not _is_within(self, number) or number != int(number):
            self.fail(f"expected a whole number in the range {self._describe_range()}, {_describe(value)}", param, ctx)
        return int(number)


def _read(text: str) -> int | float | None:
    """Return the number that the text is, None where it is none, or none that is finite."""
    if not _PLAIN.fullmatch(text.strip()):
        return None
    try:
        number = int(text) if text.strip().lstrip("+-").isdecimal() else float(text)
    except ValueError:  # two dots
        return None
    return number if math.isfinite(number) else None


def _is_within(kind: Number | Whole, number: float) -> bool:
    least, most = kind.min, kind.max
    above = least is None or number > least or (number == least and not kind.min_open)
    return above and (most is None or number < most or (number == most and not kind.max_open))


def _describe(value: object) -> str:
    text = str(value)
    return f"received {text!r}" if len(text) <= _QUOTED else f"received {text[:_QUOTED]!r}… ({len(text)} characters)"


SEED = Whole(0, 2**63 - 1)
SECONDS = Number(0, YEAR)
OF_CHECK: Final[dict[str, Number | Whole]] = {
    "max_credits": Whole(0, 10**9),
    "max_requests": Whole(1, 10**9),
    "patience": SECONDS,
    "poll_interval": SECONDS,
    "rate": Number(0, 10**6),
    "seconds": SECONDS,
    "seed": SEED,
}
"""What the numbers of `covermock check` may be, in flags and in its configuration file."""
