"""Where each part of a timeline stands in its picture. Numbers only: the page draws them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from ..timeline import Lane, Mark

_WIDTH, _LANE, _EDGE = 1000, 54, 10
_CHAR = 7.3  # width of a character of 12 px
_MOST_LANES = 40  # in a picture; more than anybody looks at
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
_TICKS = 8
_SHADES = 4  # for states on the way to an end


@dataclass(frozen=True, slots=True)
class Span:
    """A state, as a bar."""

    x: float
    width: float
    colour: str
    label: str
    told: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A start, a poll or a webhook."""

    x: float
    kind: str
    good: bool
    told: str


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """A task, at the height `y`."""

    x: float
    y: float
    width: float
    name: str
    told: str
    spans: Sequence[Span]
    marks: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class Picture:
    """All tasks of a run over the same seconds; `axis` are (x, words)."""

    group: str
    height: int
    told: str
    lanes: Sequence[DrawnLane]
    axis: Sequence[tuple[float, str]]
    left_out: int = 0
    width: int = _WIDTH


def pictures(lanes: Iterable[Lane]) -> list[Picture]:
    """Return a picture for each run."""
    return [_picture(group, list(own)) for group, own in groupby(lanes, lambda lane: lane.group)]


def _picture(group: str, lanes: list[Lane]) -> Picture:
    drawn, longest = lanes[:_MOST_LANES], max((lane.end for lane in lanes), default=0.0) or 0.1
    scale = (_WIDTH - 2 * _EDGE) / longest
    rows = [_lane(lane, number * _LANE, scale) for number, lane in enumerate(drawn)]
    told = f"{len(lanes)} task{'s' * (len(lanes) != 1)} over {longest:.1f} seconds"
    return Picture(group, len(rows) * _LANE + 20, told, rows, _axis(longest, scale), len(lanes) - len(drawn))


def _lane(lane: Lane, y: int, scale: float) -> DrawnLane:
    begin, end = _x(lane.marks[0].at if lane.marks else 0.0, scale), _x(lane.end, scale)
    name = f"{lane.task} ({lane.kind})"
    left = min(begin, max(_WIDTH - _EDGE - _CHAR * len(name), _EDGE))  # so that no name leaves the picture
    spans = [_span(lane, span, scale) for span in lane.spans]
    marks = [_spot(mark, scale) for mark in lane.marks]
    return DrawnLane(round(left, 1), y, round(max(end - left, 2), 1), name, lane.told, spans, marks)


def _span(lane: Lane, span: tuple[str, float, float], scale: float) -> Span:
    state, begin, end = span
    x, width = _x(begin, scale), max(_x(end, scale) - _x(begin, scale), 3)
    ends = {lane.success: "success", lane.failure: "failure"}
    number = lane.states.index(state) if state in lane.states else 0
    label = state if width > _CHAR * len(state) + 10 else ""
    told = f"{state}, from {begin:.1f} s to {end:.1f} s"
    return Span(x, round(width, 1), ends.get(state, f"stage-{number % _SHADES}"), label, told, state in ends)


def _spot(mark: Mark, scale: float) -> Spot:
    state = f", {mark.state}" if mark.state else ""
    return Spot(_x(mark.at, scale), mark.kind, mark.good, f"{mark.at:.1f} s: {mark.kind} {mark.text}{state}")


def _axis(longest: float, scale: float) -> list[tuple[float, str]]:
    step = next((one for one in _STEPS if longest / one <= _TICKS), longest / _TICKS)
    seconds = takewhile(lambda at: at <= longest, (number * step for number in range(_TICKS + 1)))
    return [(_x(at, scale), f"{at:g} s") for at in seconds if _x(at, scale) < _WIDTH - 40]


def _x(seconds: float, scale: float) -> float:
    return round(_EDGE + seconds * scale, 1)
