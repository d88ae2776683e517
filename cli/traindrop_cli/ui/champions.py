"""How a dataset's tested runs and its champions went over time, and the plot of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from traindrop import charts
from traindrop.charts import Axes, Series
from traindrop.run import Run


@dataclass(frozen=True)
class Tested:
    """One tested run: `value` of the metric; `became`: the dataset's champion."""

    run: str
    at: datetime
    value: float
    became: bool


def history(runs: Sequence[Run], metric: str) -> list[Tested]:
    """Those of which the metric is known, the first one first."""
    found = [
        Tested(run.run, run.evaluated_at, value, bool(run.comparison and run.comparison.becomes_champion))
        for run in runs
        if (value := run.metrics.get(metric)) is not None and run.evaluated_at is not None
    ]
    return sorted(found, key=lambda each: each.at)


def plot(tested: Sequence[Tested], metric: str) -> str | None:
    """As SVG: every tested run, and the champion's value as a line that steps up; None for fewer than two runs."""
    if len(tested) < 2:
        return None
    points = [(each.at.timestamp(), each.value) for each in tested]
    champions = [point for point, each in zip(points, tested, strict=True) if each.became]
    steps = [corner for old, new in pairwise(champions) for corner in (old, (new[0], old[1]))]
    ends = [(points[-1][0], champions[-1][1])] if champions else []
    first, last = points[0][0], points[-1][0]
    places = [first + (last - first) * share / 3 for share in range(4)]
    axes = Axes("", metric, x_ticks=places if last > first else [first], x_words=_words(last - first))
    line = Series("champion", [*steps, *champions[-1:], *ends], is_reference=True)
    hints = [f"{each.run}: {metric} {each.value:.4g}, {each.at:%Y-%m-%d %H:%M} UTC" for each in tested]
    radii = [6.0 if each.became else 3.5 for each in tested]
    dots = Series("runs", points, hints=hints, radii=radii)
    return charts.dots(f"{metric} of each tested run over time", axes, [dots, line])


def _words(seconds: float) -> Callable[[float], str]:
    """What stands at a time: no more of it than the span needs."""
    shape = "%H:%M:%S" if seconds < 600 else "%H:%M" if seconds < 86_400 else "%d %b"
    return lambda at: f"{datetime.fromtimestamp(at, UTC):{shape}}"
