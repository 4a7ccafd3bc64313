"""Pictures made from a name alone: landscapes and geometry."""

# Pillow is imported where it is used: a server that nobody asks for a picture does not pay for it.
from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING, Any

from .chance import chance_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from PIL import Image, ImageDraw

    Colour = tuple[int, ...]

BAD_SIZE = "expected a size from 16 to 2048 pixels; received {size!r}; leave it out for 512"


def picture(name: str, style: int, size: int = 512) -> bytes:
    """A square PNG for this name: a landscape in even styles, geometry in odd ones, each style another."""
    return _art(name, style, size, "PNG")


def photo(name: str, size: int = 512) -> bytes:
    """The art of `picture(name, 0, size)` as JPEG, for the `image_url` of a clip (U9)."""
    return _art(name, 0, size, "JPEG")


# Sky from the zenith down to the horizon (three colours), sun, farthest hill, nearest hill.
SKIES = (
    ("#3d5a98", "#f2a6a0", "#ffe3b8", "#fff4d6", "#d99aa5", "#2c2a4a"),
    ("#1b1f4b", "#7d3f7f", "#ff9a62", "#ffd28a", "#8f4a78", "#150f2e"),
    ("#070b24", "#16285c", "#3f6fa8", "#f3f1dc", "#2f5688", "#060a1c"),
    ("#5fb7c5", "#a9dfd0", "#f5f7d7", "#fffbe6", "#8cc5b5", "#12444a"),
    ("#3a0f23", "#b3262f", "#ff8a3c", "#ffe08a", "#a8323a", "#1c0814"),
    ("#5a4b9a", "#b79ad9", "#fbd9e5", "#fff3f0", "#a68cc6", "#2a1f55"),
    ("#2a7f9e", "#f3cf9b", "#fbe6c0", "#fff7e0", "#e0a26b", "#6b2b1f"),
    ("#04121f", "#0c4a52", "#4fd39a", "#e8fff2", "#1d6b68", "#03141a"),
)
# Paper, then the inks.
PALETTES = (
    ("#f3ead7", "#d8352a", "#f2b632", "#1d4e89", "#1a1a1a", "#fbf6e9"),
    ("#f6efe3", "#ef6f4c", "#f7c59f", "#2a9d8f", "#264653", "#e9c46a"),
    ("#fdf6ec", "#6a4c93", "#ff595e", "#ffca3a", "#1982c4", "#2b2d42"),
    ("#ece4d8", "#a3333d", "#477998", "#c4d6b0", "#291f1e", "#f64740"),
    ("#fff8f0", "#ff8fa3", "#ffd6a5", "#3a506b", "#0b132b", "#5bc0be"),
    ("#15202b", "#f7f3e3", "#ff6b35", "#f7c548", "#3f88c5", "#6f9283"),
)
# Shapes of a tile as wide as 1: which of its three colours, what to draw, where, and between which angles.
THIRDS = (0.07, 0.4, 0.73)
SHAPES: tuple[Iterable[Sequence[Any]], ...] = (
    [(which, "ellipse", (-r, -r, r, r)) for which, r in ((1, 1), (0, 0.66), (2, 0.33))],
    [(which, "ellipse", (r, r, 1 - r, 1 - r)) for which, r in ((1, 0.04), (0, 0.22), (2, 0.36))],
    [(1, "ellipse", (0, 0, 1, 1)), (2, "rectangle", (0, 0.5, 1, 1))],
    [(1, "chord", (-1, -1, 1, 1), 0, 90), (2, "chord", (0, 0, 2, 2), 180, 270)],
    [(1, "polygon", (0, 0, 1, 1, 0, 1)), (2, "polygon", (0, 0.5, 0.5, 1, 0, 1))],
    [(which, "rectangle", (0, y, 1, y + 0.167)) for which, y in ((1, 0), (1, 0.333), (2, 0.667))],
    [(1 + (x == 0), "rectangle", (x, 0.75 - x, x + 0.25, 1)) for x in (0, 0.25, 0.5, 0.75)],
    [(1 + (x == y), "ellipse", (x, y, x + 0.2, y + 0.2)) for x in THIRDS for y in THIRDS],
    [(1 + (x == y), "pieslice", (x - 0.5, y, x + 0.5, y + 1), 270, 360) for x in (0, 0.5) for y in (0, 0.5)],
)


def _art(name: str, style: int, size: int, kind: str) -> bytes:
    if not 16 <= size <= 2048:
        raise ValueError(BAD_SIZE.format(size=size))
    # Drawn twice as wide and then halved, which smooths the edges.
    draw, out = _geometry if style % 2 else _landscape, BytesIO()
    draw(chance_of("picture", name, style), size * 2).reduce(2).save(out, kind, quality=88)
    return out.getvalue()


def _square(side: int, colour: Colour | int, mode: str = "RGB") -> Image.Image:
    from PIL import Image

    return Image.new(mode, (side, side), colour)


def _pen(canvas: Image.Image) -> ImageDraw.ImageDraw:
    """A pen that mixes translucent colours with what is on the canvas."""
    from PIL import ImageDraw

    return ImageDraw.Draw(canvas, "RGBA" if canvas.mode == "RGB" else None)


def _tint(chance: random.Random, colours: Iterable[str]) -> list[Colour]:
    """The colours, all with their hue turned a little, so that few pictures share a palette."""
    from colorsys import hsv_to_rgb, rgb_to_hsv

    turn = chance.uniform(-0.03, 0.03)
    shades = (rgb_to_hsv(*bytes.fromhex(text[1:])) for text in colours)
    return [tuple(map(round, hsv_to_rgb((hue + turn) % 1, *rest))) for hue, *rest in shades]


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))


def _gradient(side: int, top: Colour, middle: Colour, bottom: Colour) -> Image.Image:
    from PIL import Image, ImageOps

    column = ImageOps.colorize(Image.linear_gradient("L"), top, bottom, middle).resize((1, side))
    return column.resize((side, side), Image.Resampling.NEAREST)


def _landscape(chance: random.Random, side: int) -> Image.Image:
    """A sun over misty hills, at times with a lake before them."""
    top, middle, horizon, sun, far, near = _tint(chance, chance.choice(SKIES))
    canvas, shore = _gradient(side, top, middle, horizon), chance.choice((0.72, 1.0))
    _sun(canvas, chance, sun, stars=90 if sum(top) < 200 else 0)
    _hills(canvas, chance, (far, near, horizon), shore)
    if shore < 1:
        _lake(canvas, chance, (sun, near), round(side * shore))
    return canvas


def _sun(canvas: Image.Image, chance: random.Random, colour: Colour, stars: int) -> None:
    """Stars, and a disc in its own glow with up to three faint rings around it."""
    from PIL import Image

    pen, side = _pen(canvas), canvas.width
    for _ in range(stars):
        place = chance.random() * side, chance.random() ** 1.6 * side * 0.6
        pen.circle(place, chance.uniform(0.0008, 0.0028) * side, (*colour, chance.randint(70, 230)))
    x, y = round(chance.uniform(0.22, 0.78) * side), round(chance.uniform(0.2, 0.46) * side)
    radius = chance.uniform(0.06, 0.15) * side
    glow = math.ceil(radius * 5)
    light = Image.radial_gradient("L").point(lambda away: round(max(0, 1 - away / 180) ** 2 * 190))
    canvas.paste(colour, (x - glow, y - glow), light.resize((glow * 2, glow * 2)))
    for ring in range(chance.randint(0, 3), -1, -1):
        pen.circle((x, y), radius * (1 + ring * 0.45), (*colour, 38 if ring else 245))


def _hills(canvas: Image.Image, chance: random.Random, colours: Sequence[Colour], shore: float) -> None:
    """Ridges one before the other, the nearer the darker and the smoother, with pines on the nearest."""
    (far, near, mist), side = colours, canvas.width
    count, top, rugged = chance.randint(3, 6), chance.uniform(0.46, 0.56), chance.choice((0, 2, 3))
    for index in range(count):
        nearness = index / (count - 1)
        ridge = _ridge(chance, side, top + (shore - 0.1 - top) * nearness, index < rugged)
        colour, mask = _mix(far, near, nearness), _square(side, 0, "L")
        _pen(mask).polygon([*ridge, (side, side), (0, side)], fill=255)
        canvas.paste(_gradient(side, colour, colour, _mix(colour, mist, 0.5 * (1 - nearness))), mask=mask)
    for x, y in chance.sample(ridge, chance.choice((0, 9, 20, 40))):
        tall, wide = chance.uniform(0.04, 0.09) * side, chance.uniform(0.006, 0.01) * side
        _pen(canvas).polygon([(x, y - tall), (x + wide, y + wide), (x - wide, y + wide)], fill=near)


def _ridge(chance: random.Random, side: int, height: float, rugged: bool) -> list[tuple[float, float]]:
    """A line from the left edge to the right around this height: waves, or peaks where it is rugged."""
    # The arcsine of a sine goes up and down in straight lines.
    rates, bend = ((1.3, 2.9, 6.1, 12.7, 24.3), math.asin) if rugged else ((0.8, 1.7, 3.9), float)
    waves = [(rate, chance.uniform(0.02, 0.055) / rate, chance.random()) for rate in rates]

    def rise(x: float) -> float:
        return sum(size * bend(math.sin(math.tau * (x * rate + phase))) for rate, size, phase in waves)

    return [(x / 200 * side, (height - rise(x / 200)) * side) for x in range(201)]


def _lake(canvas: Image.Image, chance: random.Random, colours: Sequence[Colour], shore: int) -> None:
    """Water up to the shore: what is above it upside down, darker, with ripples of light."""
    from PIL import ImageOps

    (light, depth), side, pen = colours, canvas.width, _pen(canvas)
    canvas.paste(ImageOps.flip(canvas.crop((0, 2 * shore - side, side, shore))), (0, shore))
    pen.rectangle((0, shore, side, side), (*depth, 90))
    for _ in range(26):
        x, down = chance.random() * side, chance.random() ** 1.5
        y, wide = shore + down * (side - shore), (0.02 + 0.1 * down * chance.random()) * side
        pen.rounded_rectangle((x - wide, y, x + wide, y + side * 0.003), side, (*light, 60))


def _geometry(chance: random.Random, side: int) -> Image.Image:
    """Tiles of bold shapes on flat colours within a margin of paper, one of them larger than the rest."""
    paper, *inks = _tint(chance, chance.choice(PALETTES))
    canvas, count = _square(side, paper), chance.choice((3, 4, 4, 5))
    margin, unit = side // 16, side * 7 // 8 // count
    places = [(column, row, 1) for row in range(count) for column in range(count)]
    for column, row, span in (*places, (chance.randrange(count - 1), chance.randrange(count - 1), 2)):
        canvas.paste(_tile(chance, unit * span, inks), (margin + column * unit, margin + row * unit))
    return canvas


def _tile(chance: random.Random, side: int, inks: Sequence[Colour]) -> Image.Image:
    """One shape in three colours, turned by some number of quarters."""
    colours = chance.sample(inks, 3)
    tile = _square(side, colours[0])
    for which, draw, box, *angles in chance.choice(SHAPES):
        getattr(_pen(tile), draw)([edge * side for edge in box], *angles, fill=colours[which])
    return tile.rotate(chance.randrange(4) * 90)
