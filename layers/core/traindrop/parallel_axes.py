"""Parallel coordinates as SVG: an axis for each setting and one for the objective, a line for each trial.

pygal has no such chart. Safe markup as that of `charts`: the style sheet has the colours, and text is escaped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from traindrop import plain_text
from traindrop.tuning_config import RangeValue

NARROW, WIDE, HEIGHT = 440, 980, 320
# Axes that fit beside one another in a plot of half the page.
FIT = 4
_TOP, _BOTTOM, _SIDE = 34, 14, 50
_LONGEST_NAME, _LONGEST_TICK = 15, 12


@dataclass(frozen=True)
class Axis:
    """`place`: from 0 at the bottom to 1; values beyond lie on the edge. `ticks`: places with what stands there."""

    name: str
    place: Callable[[RangeValue], float]
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Line:
    """A value for each axis, None where there is none: the line has a gap there. `kind` is its class."""

    kind: str
    values: Sequence[RangeValue | None]
    hint: str

    @property
    def is_drawn(self) -> bool:
        """Whether there are two values side by side."""
        return any(one is not None and other is not None for one, other in pairwise(self.values))


def parallel(title: str, axes: Sequence[Axis], lines: Sequence[Line], *, wide: bool) -> str:
    """Later lines lie over earlier ones. There are two axes at the least."""
    width = WIDE if wide else NARROW
    root = ElementTree.Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {HEIGHT}", "role": "img",
         "aria-label": title, "class": "parallel"},
    )  # fmt: skip
    step = (width - 2 * _SIDE) / (len(axes) - 1)
    across = [_SIDE + number * step for number in range(len(axes))]
    for at in across:
        _line(root, [(at, 0.0), (at, 1.0)], "rod")
    for line in lines:
        for part in _parts(line, axes, across):
            path = _line(root, part, f"trial {line.kind}")
            ElementTree.SubElement(path, "title").text = plain_text.line(line.hint, 400)
    for at, axis in zip(across, axes, strict=True):
        _words(root, at, axis)
    return ElementTree.tostring(root, encoding="unicode")


def _parts(line: Line, axes: Sequence[Axis], across: Sequence[float]) -> list[list[tuple[float, float]]]:
    """The stretches of a line between its gaps."""
    parts: list[list[tuple[float, float]]] = [[]]
    for value, axis, at in zip(line.values, axes, across, strict=True):
        if value is None:
            parts.append([])
        else:
            parts[-1].append((at, min(1.0, max(0.0, axis.place(value)))))
    return [part for part in parts if len(part) > 1]


def _line(root: ElementTree.Element, points: Sequence[tuple[float, float]], kind: str) -> ElementTree.Element:
    places = " ".join(f"{x:.1f},{_down(y):.1f}" for x, y in points)
    return ElementTree.SubElement(root, "polyline", {"points": places, "class": kind})


def _down(place: float) -> float:
    return HEIGHT - _BOTTOM - place * (HEIGHT - _TOP - _BOTTOM)


def _words(root: ElementTree.Element, at: float, axis: Axis) -> None:
    name = ElementTree.SubElement(root, "text", {"x": f"{at:.1f}", "y": "16", "class": "name"})
    name.text = plain_text.line(axis.name, _LONGEST_NAME)
    ElementTree.SubElement(name, "title").text = plain_text.line(axis.name, 200)
    for place, text in axis.ticks:
        tick = ElementTree.SubElement(root, "text", {"x": f"{at + 5:.1f}", "y": f"{_down(place) + 4:.1f}"})
        tick.text = plain_text.line(text, _LONGEST_TICK)
