"""The plots of a report as SVG without scripts, by pygal: they are in the page itself, so its style sheet has their
colours, they print, and they need nothing that a mail reader or a strict content security policy would refuse."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pygal
from pygal.style import Style

from traindrop import plain_text

WIDTH, HEIGHT = 440, 300
_FONT = 13
_STYLE = Style(
    label_font_size=_FONT, major_label_font_size=_FONT, title_font_size=_FONT, value_font_size=_FONT - 1,
    no_data_font_size=_FONT,
)  # fmt: skip
UNIT_TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
_LONGEST_LABEL = 24

Point = tuple[float | None, float | None]


@dataclass(frozen=True)
class Series:
    """Points of a line or of dots; bars as (height, from, to). `name` is for the legend, "" for none.

    `is_reference`: a line that is no result, such as chance. `hints`: what a pointer that rests on each mark is told.
    `joined`: whether a line joins the points; None: as the chart has it. Those that none joins are marked.
    """

    name: str
    points: Sequence[Any]
    is_reference: bool = False
    hints: Sequence[str] = ()
    radii: Sequence[float] = ()
    joined: bool | None = None


@dataclass(frozen=True)
class Axes:
    """`x_words`: what stands at a place of the x axis; None: the number itself."""

    x: str
    y: str
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    x_ticks: Sequence[float] | None = None
    y_ticks: Sequence[float] | None = None
    x_words: Callable[[float], str] | None = None


def unit_square(x: str, y: str) -> Axes:
    """Both from 0 to 1."""
    return Axes(x, y, (0.0, 1.0), (0.0, 1.0), UNIT_TICKS, UNIT_TICKS)


def lines(title: str, axes: Axes, series: Iterable[Series], *, dots: bool = False) -> str:
    """With `dots` the points of what is no reference are marked."""
    return _xy(title, axes, series, show_dots=dots, dots_size=3.5, joined=True)


def dots(title: str, axes: Axes, series: Iterable[Series]) -> str:
    """Points that no line joins, but for references."""
    return _xy(title, axes, series, show_dots=True, dots_size=2.5, joined=False)


def _xy(title: str, axes: Axes, series: Iterable[Series], *, show_dots: bool, dots_size: float, joined: bool) -> str:
    given = list(series)
    x, y = _values(given, 0), _values(given, 1)
    ranges = {"xrange": axes.x_range or spread(x), "range": axes.y_range or spread(y)}
    chart = pygal.XY(**_settings(axes, x, y), **ranges)
    for each in given:
        radii = each.radii or [dots_size] * len(each.points)
        points = [{"value": point, "node": {"r": radius}} for point, radius in zip(each.points, radii, strict=True)]
        stroke = joined if each.joined is None else each.joined
        marked = (show_dots or each.joined is False) and not each.is_reference
        style = {"show_dots": marked, "stroke": stroke or each.is_reference}
        chart.add(each.name, points, **style)
    return _svg(chart, title, given)


def _values(series: Iterable[Series], place: int) -> list[float]:
    return [point[place] for each in series for point in each.points if point[place] is not None]


def histogram(title: str, axes: Axes, series: Iterable[Series]) -> str:
    """Bars that may lie over one another."""
    given = list(series)
    chart = pygal.Histogram(**_settings(axes, _values(given, 1) + _values(given, 2), [0, *_values(given, 0)]))
    for each in given:
        chart.add(each.name, list(each.points))
    return _svg(chart, title, given)


def bars(title: str, labels: Sequence[str], series: Series, errors: Sequence[float] = ()) -> str:
    """Horizontal bars, the first on top; `errors` are drawn to both sides of their ends."""
    widths = list(errors) or [0.0] * len(series.points)
    ends = [0.0, *(value + error for value, error in zip(series.points, widths, strict=True))]
    starts = [0.0, *(value - error for value, error in zip(series.points, widths, strict=True) if error)]
    span = spread([*starts, *ends])
    settings = _settings(Axes("", ""), [], span) | {
        "height": 50 + 24 * max(2, len(labels)),
        "range": span,
        "truncate_label": -1,  # pygal would cut 0.002 to 0.0…
    }
    chart = pygal.HorizontalBar(**settings)
    # Cut here: pygal leaves room for the whole of each, and never ends where a long one leaves none for an axis title.
    chart.x_labels = [plain_text.line(label, _LONGEST_LABEL) for label in reversed(labels)]
    values = [
        {"value": value, "ci": {"low": value - error, "high": value + error}} if error else value
        for value, error in zip(series.points, widths, strict=True)
    ]
    chart.add(series.name, values[::-1])
    return _svg(chart, title, [Series(series.name, (), hints=series.hints[::-1])])


def _settings(axes: Axes, x: Sequence[float], y: Sequence[float]) -> dict[str, Any]:
    """`x` and `y`: the values that are drawn, for the ticks."""
    return {
        "style": _STYLE,
        "css": (),
        "js": (),
        "no_prefix": True,
        "width": WIDTH,
        "height": HEIGHT,
        "show_legend": False,
        "margin": 6,
        "spacing": 6,
        "x_title": axes.x or None,
        "y_title": axes.y or None,
        "x_labels": axes.x_ticks or (ticks(*spread(x)) if x else None),
        "y_labels": axes.y_ticks or (ticks(*spread(y)) if y else None),
        "x_value_formatter": axes.x_words or tick,
        "value_formatter": tick,
    }


def spread(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the greatest; around a single value, or values that hardly differ, there is room."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = max(max(abs(low), abs(high)) * 1e-6, 1e-200)
    return (low, high) if high - low > room else (low - room, high + room)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) from `low` to `high`; `low` alone where they are the same."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) <= most)
    return [
        float(f"{number * step:.12g}") for number in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)
    ]


def tick(value: float | None) -> str:
    """Four digits at the most: 0.25, 1,500, 2e+06."""
    if value is None:
        return ""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.4g}"


def _svg(chart: Any, title: str, series: Sequence[Series]) -> str:
    """The chart as markup: without pygal's own styles, scripts and comments; text in it is escaped by the writer."""
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            if (
                not isinstance(child.tag, str)
                or child.tag in {"defs", "desc", "title"}
                or _is_of(child, "tooltip-overlay")
            ):
                parent.remove(child)
    root.attrib.pop("id", None)
    root.attrib.update({"role": "img", "aria-label": title})
    for number, each in enumerate(series):
        for group in root.iter("g"):
            if _is_of(group, f"serie-{number}"):
                _mark(group, each)
    return ElementTree.tostring(root, encoding="unicode")


def _mark(group: ElementTree.Element, series: Series) -> None:
    if series.is_reference:
        group.attrib["class"] += " reference"
    marks = [each for each in group.iter() if each.tag in {"circle", "rect"}]
    for mark, hint in zip(marks, series.hints, strict=False):
        ElementTree.SubElement(mark, "title").text = plain_text.line(hint)


def _is_of(element: ElementTree.Element, name: str) -> bool:
    return name in element.attrib.get("class", "").split()
