"""Samples as a picture (SVG): memory, descriptors and threads over time."""

from collections.abc import Callable, Iterable, Sequence

from .samples import WARM, Sample

_LEFT, _WIDTH, _HEIGHT, _GAP = 60, 680, 120, 46  # in pixels
_PANELS: tuple[tuple[str, str, Callable[[Sample], float]], ...] = (
    ("memory (MiB)", "#2563eb", lambda one: one.memory),
    ("descriptors", "#f59e0b", lambda one: one.descriptors),
    ("threads", "#16a34a", lambda one: one.threads),
)


def picture(samples: Sequence[Sample]) -> str:
    """Return the SVG. The grey part is the warm-up."""
    high = len(_PANELS) * (_HEIGHT + _GAP) + 10
    size = f'width="{_LEFT + _WIDTH + 20}" height="{high}"'
    panels = [line for place, panel in enumerate(_PANELS) for line in _panel(place, *panel, samples)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
            '<rect width="100%" height="100%" fill="#fff"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _panel(
    place: int, name: str, colour: str, value: Callable[[Sample], float], samples: Sequence[Sample]
) -> Iterable[str]:
    top, end = place * (_HEIGHT + _GAP) + 26, samples[-1].at or 1.0
    most = max(map(value, samples)) * 1.15 or 1.0
    yield f'<text x="{_LEFT}" y="{top - 8}">{name}</text>'
    yield f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH * WARM:.0f}" height="{_HEIGHT}" fill="#f1f5f9"/>'
    for part in (0.0, 0.5, 1.0):
        y = top + _HEIGHT - part * _HEIGHT
        yield f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.0f}" y2="{y:.0f}" stroke="#cbd5e1"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.0f}" text-anchor="end" fill="#475569">{most * part:.0f}</text>'
    points = " ".join(
        f"{_LEFT + one.at / end * _WIDTH:.1f},{top + _HEIGHT - value(one) / most * _HEIGHT:.1f}"
        for one in _thinned(samples)
    )
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, shown = _LEFT + part * _WIDTH, _time(end * part)
        yield f'<text x="{x:.0f}" y="{top + _HEIGHT + 14}" text-anchor="middle" fill="#475569">{shown}</text>'


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    return samples[:: max(1, len(samples) // 700)]


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
