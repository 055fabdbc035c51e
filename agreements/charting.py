"""Measured values against their target, and the small picture of them: a line with its target. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH, HEIGHT, EDGE = 480, 160, 14
_NUMBER = re.compile(r"(?<![\w.])(-?\d+(?:,\d{3})*(?:\.\d+)?)(?![\w]|\.\d)")
_LEAST = re.compile(
    r"\b(?:at least|no (?:less|fewer) than|not less than|minimum|or more|or above|from)\b|≥|>=", re.I
)
_MOST = re.compile(
    r"\b(?:at most|no more than|not more than|maximum|or (?:less|fewer)|or below|up to|within)\b|≤|<=", re.I
)
_OVER = re.compile(r"\b(?:more than|over|above|greater than|exceeds?)\b", re.I)
_UNDER = re.compile(r"\b(?:less than|fewer than|under|below)\b", re.I)


@dataclass(frozen=True)
class Target:
    """A number and how a value compares with it: `least`, `most`, `over`, `under` or `exactly`."""

    value: Decimal
    how: str

    def reached(self, value: Decimal) -> bool:
        """Whether a value meets it."""
        return {
            "least": value >= self.value,
            "most": value <= self.value,
            "over": value > self.value,
            "under": value < self.value,
            "exactly": value == self.value,
        }[self.how]


def target_of(words: str) -> Target | None:
    """The target as a number, where the words hold exactly one; otherwise people judge."""
    numbers = _NUMBER.findall(words)
    if len(numbers) != 1:
        return None
    rules = (("least", _LEAST), ("most", _MOST), ("over", _OVER), ("under", _UNDER))
    how = next((name for name, pattern in rules if pattern.search(words)), "exactly")
    return Target(Decimal(numbers[0].replace(",", "")), how)


@dataclass(frozen=True)
class Point:
    """A value on its day, and where it stands in the picture; `reached` is None without a target in numbers."""

    on: date
    value: Decimal
    x: float
    y: float
    reached: bool | None


@dataclass(frozen=True)
class Chart:
    """The picture in its own units: the points, the line through them, the height of the target, the values at both edges."""

    points: tuple[Point, ...]
    line: str
    target_y: float | None
    low: str
    high: str


def chart(values: Sequence[tuple[date, Decimal]], target: Target | None) -> Chart | None:
    """The values in the order of their days, drawn to scale in time; None when there is nothing to draw."""
    if not values:
        return None
    rows = sorted(values)
    every = [value for _, value in rows] + ([target.value] if target else [])
    low, high = min(every), max(every)
    first, last = rows[0][0], rows[-1][0]
    points = tuple(
        Point(
            on,
            value,
            _across(on, first, last),
            _down(value, low, high),
            target.reached(value) if target else None,
        )
        for on, value in rows
    )
    line = " ".join(f"{point.x},{point.y}" for point in points)
    height = _down(target.value, low, high) if target else None
    return Chart(points, line, height, f"{low.normalize():f}", f"{high.normalize():f}")


def _across(on: date, first: date, last: date) -> float:
    if first == last:
        return WIDTH / 2
    return round(EDGE + (WIDTH - 2 * EDGE) * (on - first).days / (last - first).days, 1)


def _down(value: Decimal, low: Decimal, high: Decimal) -> float:
    if low == high:
        return HEIGHT / 2
    return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * float((value - low) / (high - low)), 1)
