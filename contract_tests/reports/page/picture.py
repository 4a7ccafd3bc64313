"""Where each part of a timeline stands in its picture, by the names that the page's template has for it."""

from collections.abc import Iterable
from itertools import groupby, takewhile
from typing import Any

from ..timeline import Lane, Mark

_WIDTH, _LANE, _EDGE = 1000, 54, 10
_CHAR = 7.3  # width of a character of 12 px
_MOST_LANES = 40  # in a picture; more than anybody looks at
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
_TICKS = 8
_SHADES = 4  # for states on the way to an end
Part = dict[str, Any]


def pictures(lanes: Iterable[Lane]) -> list[Part]:
    """Return a picture for each run, of its tasks over the same seconds."""
    return [_picture(group, list(own)) for group, own in groupby(lanes, lambda lane: lane.group)]


def _picture(group: str, lanes: list[Lane]) -> Part:
    drawn, longest = lanes[:_MOST_LANES], max((lane.end for lane in lanes), default=0.0) or 0.1
    scale = (_WIDTH - 2 * _EDGE) / longest
    rows = [_lane(lane, number * _LANE, scale) for number, lane in enumerate(drawn)]
    told = f"{len(lanes)} task{'s' * (len(lanes) != 1)} over {longest:.1f} seconds"
    size = {"width": _WIDTH, "height": len(rows) * _LANE + 20, "left_out": len(lanes) - len(drawn)}
    return {"group": group, "told": told, "lanes": rows, "axis": _axis(longest, scale), **size}


def _lane(lane: Lane, y: int, scale: float) -> Part:
    begin, end = _x(lane.marks[0].at if lane.marks else 0.0, scale), _x(lane.end, scale)
    name = f"{lane.task} ({lane.kind})"
    left = min(begin, max(_WIDTH - _EDGE - _CHAR * len(name), _EDGE))  # so that no name leaves the picture
    spans = [_span(lane, span, scale) for span in lane.spans]
    marks = [_spot(mark, scale) for mark in lane.marks]
    where = {"x": round(left, 1), "y": y, "width": round(max(end - left, 2), 1)}
    return {**where, "name": name, "told": lane.told, "spans": spans, "marks": marks}


def _span(lane: Lane, span: tuple[str, float, float], scale: float) -> Part:
    state, begin, end = span
    x, width = _x(begin, scale), max(_x(end, scale) - _x(begin, scale), 3)
    ends = {lane.success: "success", lane.failure: "failure"}
    number = lane.states.index(state) if state in lane.states else 0
    label = state if width > _CHAR * len(state) + 10 else ""
    told = f"{state}, from {begin:.1f} s to {end:.1f} s"
    colour = ends.get(state, f"stage-{number % _SHADES}")
    return {"x": x, "width": round(width, 1), "colour": colour, "label": label, "told": told, "ends": state in ends}


def _spot(mark: Mark, scale: float) -> Part:
    told = f"{mark.at:.1f} s: {mark.kind} {mark.text}" + (f", {mark.state}" if mark.state else "")
    return {"x": _x(mark.at, scale), "kind": mark.kind, "good": mark.good, "told": told}


def _axis(longest: float, scale: float) -> list[tuple[float, str]]:
    """Return (x, words) of each tick."""
    step = next((one for one in _STEPS if longest / one <= _TICKS), longest / _TICKS)
    seconds = takewhile(lambda at: at <= longest, (number * step for number in range(_TICKS + 1)))
    return [(_x(at, scale), f"{at:g} s") for at in seconds if _x(at, scale) < _WIDTH - 40]


def _x(seconds: float, scale: float) -> float:
    return round(_EDGE + seconds * scale, 1)
