"""plot: lines over two logarithmic axes, as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise

import attrs

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 76, 150, 44, 56
TICK = 5
LABEL_HEIGHT = 15
INK = "#222222"
GRID = "#d8dce0"
COLOURS = ("#0b62a4", "#d1491c", "#2c8a4b", "#7b4fa3", "#8a6d1f", "#5b6470")

Points = Sequence[tuple[float, float]]


@attrs.frozen
class Axis:
    """A range of whole powers of ten, from `low` to `high`, drawn from `start` to `stop`."""

    low: int
    high: int
    start: float
    stop: float

    def place(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)

    def ticks(self) -> range:
        return range(self.low, self.high + 1)


def axis(values: Sequence[float], start: float, stop: float) -> Axis:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(low, max(high, low + 1), start, stop)


def drawing(
    title: str, across: str, up: str, series: Mapping[str, Points], unit: Callable[[float], str]
) -> str:
    """Return an SVG of named lines; `unit` writes a value of the vertical axis."""
    points = [point for line in series.values() for point in line]
    horizontal = axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    vertical = axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text((LEFT + WIDTH - RIGHT) / 2, 24, title, weight="bold"),
        *_grid(horizontal, vertical, unit),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, across),
        f'<text transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle" fill="{INK}">{escape(up)}</text>',
        *_lines(series, horizontal, vertical),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grid(horizontal: Axis, vertical: Axis, unit: Callable[[float], str]) -> Iterator[str]:
    for power in horizontal.ticks():
        x = horizontal.place(10.0**power)
        yield _line(x, vertical.start, x, vertical.stop)
        yield _text(x, vertical.start + LABEL_HEIGHT + TICK, f"{10**power:,}")
    for power in vertical.ticks():
        y = vertical.place(10.0**power)
        yield _line(horizontal.start, y, horizontal.stop, y)
        yield _text(horizontal.start - TICK, y + TICK, unit(10.0**power), anchor="end")


def _lines(series: Mapping[str, Points], horizontal: Axis, vertical: Axis) -> Iterator[str]:
    placed = {
        name: [(horizontal.place(x), vertical.place(y)) for x, y in sorted(line)]
        for name, line in series.items()
    }
    for colour, line in zip(COLOURS, placed.values(), strict=False):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in line:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
    heights = spaced([line[-1][1] for line in placed.values()], LABEL_HEIGHT)
    for colour, (name, line), y in zip(COLOURS, placed.items(), heights, strict=False):
        yield _text(line[-1][0] + 10, y + TICK, name, anchor="start", fill=colour)


def spaced(heights: Sequence[float], least: float) -> list[float]:
    """Return the heights, moved down where two labels would be nearer than `least`."""
    moved = list(heights)
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    for upper, lower in pairwise(order):
        moved[lower] = max(moved[lower], moved[upper] + least)
    return moved


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{GRID}"/>'


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str = "middle",
    weight: str = "normal",
    fill: str = INK,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="{fill}" paint-order="stroke" stroke="white" stroke-width="4">{escape(text)}</text>'
    )
