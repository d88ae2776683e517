"""The learning curves of a run while it trains, as a report draws them."""

from collections.abc import Iterator

from traindrop import charts
from traindrop.charts import Axes, Series
from traindrop.plots import Plot
from traindrop.report_words import METRICS
from traindrop.run import Run
from traindrop.scoring import MAIN_METRIC
from traindrop_cli.rounds import Rounds

_SHOWN_CURVES = 2
# What XGBoost calls the complement of the metric that messages lead with.
_ROUND_NAMES = {"accuracy": "error", "log_loss": "logloss"}


def curves(rounds: Rounds, run: Run) -> Iterator[Plot]:
    """The metric that the message will lead with comes first."""
    main = run.main_metric or run.metric or MAIN_METRIC.get(run.task or "", "")
    for number, metric in enumerate(rounds.metrics(_ROUND_NAMES.get(main, main))[:_SHOWN_CURVES]):
        found = rounds.series(metric)
        series = [Series(part, points) for part, points in found.items()]
        name = METRICS.get(metric, metric)
        svg = charts.lines(f"{name} by round", Axes("round", ""), series)
        last = next(iter(found.values()))[-1]
        note = f"{next(iter(found))} {last[1]:.4g} after round {last[0]:,}"
        yield Plot(f"learning-{number}", name, note, svg, list(found))
