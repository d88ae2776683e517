"""The learning curves of a run while it trains, as a report draws them."""

from collections.abc import Iterator

from traindrop import charts
from traindrop.charts import Axes, Series
from traindrop.plots import Plot
from traindrop.report_words import METRICS
from traindrop_cli.ui.rounds import Rounds

_SHOWN_CURVES = 2
# What XGBoost calls the complement of the metric that messages lead with.
_ROUND_NAMES = {"accuracy": "error", "log_loss": "logloss"}


def curves(rounds: Rounds, main: str | None) -> Iterator[Plot]:
    """The main metric of messages first."""
    for number, metric in enumerate(rounds.metrics(_ROUND_NAMES.get(main or "", main))[:_SHOWN_CURVES]):
        found = rounds.series(metric)
        series = [Series(part, points) for part, points in found.items()]
        name = METRICS.get(metric, metric)
        svg = charts.lines(f"{name} by round", Axes("round", ""), series)
        last = next(iter(found.values()))[-1]
        note = f"{next(iter(found))} {last[1]:.4g} after round {last[0]:,}"
        yield Plot(f"learning-{number}", name, note, svg, list(found))
