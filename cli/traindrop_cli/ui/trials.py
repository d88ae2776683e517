"""The trials of a tuned run on its page: a table, the best beside the defaults, and how the best came about. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from traindrop import charts, plain_text
from traindrop.charts import Axes, Series
from traindrop.cost import dollars
from traindrop.trial import DEFAULTS, Trial
from traindrop_cli.run_trials import RunTrials, seconds_of
from traindrop_cli.trial_words import settings_in_words, shown_number, shown_value, standing

# Of the page's colours, those that a run's status has too.
_COLOURS = {"completed": "evaluated", "failed": "failed", "stopped": "stopped", "stopped early": "repeated",
            "waiting": "repeated"}  # fmt: skip


@dataclass(frozen=True)
class TrialRow:
    """One trial as texts; `values`: of each setting, in the order of the heads."""

    trial: Trial
    values: list[str]
    objective: str
    seconds: str
    cost: str
    colour: str
    is_best: bool
    is_defaults: bool


def values_of(tuned: RunTrials, at: datetime) -> dict[str, Any]:
    """What the part of the page is made of."""
    best, defaults = tuned.best, tuned.defaults
    compared = [(name, _setting(defaults, name), _setting(best, name)) for name in tuned.settings]
    return {
        "rows": list(_rows(tuned, at)),
        "settings": tuned.settings,
        "standing": standing(tuned) if tuned.trials else f"{tuned.most} trials and the defaults; none has begun",
        "best": best,
        "defaults": defaults,
        "best_value": _objective(best),
        "defaults_value": _objective(defaults),
        # What the script takes where nothing is said is known to it alone.
        "compared": [each for each in compared if any(each[1:])],
        "cost": "" if (usd := tuned.usd(at)) is None else dollars(usd),
        "plot": plot(tuned),
    }


def _rows(tuned: RunTrials, at: datetime) -> Iterator[TrialRow]:
    for trial in tuned.best_first:
        seconds, usd = seconds_of(trial, at), tuned.usd_of(trial, at)
        yield TrialRow(
            trial,
            [_setting(trial, name) for name in tuned.settings],
            _objective(trial),
            "" if seconds is None else plain_text.duration(seconds),
            "" if usd is None else dollars(usd),
            _COLOURS.get(trial.status, "inprogress"),
            is_best=trial == tuned.best,
            is_defaults=trial.number == DEFAULTS,
        )


def plot(tuned: RunTrials) -> str | None:
    """As SVG: each trial's value in the order of their ends, and the best so far; None for fewer than two."""
    values = tuned.values
    if len(values) < 2:
        return None
    objective = plain_text.line(tuned.run.objective or "objective", 60)
    dots = [(float(number), value) for number, (_, value) in enumerate(values, start=1)]
    best = [(float(number), value) for number, value in enumerate(tuned.best_so_far, start=1)]
    corners = [corner for old, new in pairwise(best) for corner in (old, (new[0], old[1]))]
    hints = [_hint(trial, value) for trial, value in values]
    radii = [6.0 if trial == tuned.best else 3.5 for trial, _ in values]
    axes = Axes("trials that have ended", objective, (0.5, len(values) + 0.5), x_ticks=_whole(len(values)))
    series = [Series("trials", dots, hints=hints, radii=radii), Series("best", [*corners, best[-1]], is_reference=True)]
    return charts.dots(f"{objective} of each trial, and the best so far", axes, series)


def _whole(count: int) -> list[float]:
    return [tick for tick in charts.ticks(1, count) if tick.is_integer()]


def _hint(trial: Trial, value: float) -> str:
    name = "the defaults" if trial.number == DEFAULTS else f"trial {trial.number}"
    return ", ".join(filter(None, (f"{name}: {shown_number(value)}", settings_in_words(trial.hyperparameters))))


def _objective(trial: Trial | None) -> str:
    return "" if trial is None or trial.objective is None else shown_number(trial.objective)


def _setting(trial: Trial | None, name: str) -> str:
    value = trial.hyperparameters.get(name) if trial else None
    return "" if value is None else shown_value(value)
