"""How a dataset's tested runs and its champions went over time, and the plot of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    first, last = tested[0].at, tested[-1].at
    points = [((each.at - first).total_seconds(), each.value) for each in tested]
    champions = [point for point, each in zip(points, tested, strict=True) if each.became]
    steps = [corner for old, new in pairwise(champions) for corner in (old, (new[0], old[1]))]
    ends = [(points[-1][0], champions[-1][1])] if champions else []
    line = Series("champion", [*steps, *champions[-1:], *ends], is_reference=True)
    hints = [f"{each.run}: {metric} {each.value:.4g}, {each.at:%Y-%m-%d %H:%M} UTC" for each in tested]
    radii = [6.0 if each.became else 3.5 for each in tested]
    dots = Series("runs", points, hints=hints, radii=radii)
    axes = _axes(metric, first, (last - first).total_seconds(), [each.value for each in tested])
    return charts.dots(f"{metric} of each tested run over time", axes, [dots, line])


def _axes(metric: str, first: datetime, seconds: float, values: Sequence[float]) -> Axes:
    """With room around the marks; no more of the time than the span needs."""
    seconds = max(seconds, 1.0)
    shape = "%H:%M:%S" if seconds < 600 else "%H:%M" if seconds < 86_400 else "%d %b"
    room = max((max(values) - min(values)) / 8, abs(max(values)) / 200, 1e-9)
    low, high = min(values) - room, max(values) + room
    return Axes(
        "", metric, (-seconds / 20, seconds * 21 / 20), (low, high), [seconds * share / 3 for share in range(4)],
        charts.ticks(low, high, 5), lambda after: f"{first + timedelta(seconds=after):{shape}}",
    )  # fmt: skip
