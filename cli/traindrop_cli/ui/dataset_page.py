"""One dataset: its champions over time, and its tested runs, the best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.errors import CommandError
from traindrop_cli.ranking import main_metric, ranked
from traindrop_cli.stack import Stack
from traindrop_cli.ui.champions import history, plot
from traindrop_cli.ui.live import News
from traindrop_cli.ui.pages import render
from traindrop_cli.ui.shared_runs import SharedRuns


@dataclass
class DatasetPage:
    """Each call of `look` is what is to be seen now."""

    stack: Stack
    shared: SharedRuns
    dataset: str

    def look(self) -> News:
        """Raises `CommandError` where the dataset has no run."""
        runs = [run for run in self.shared.read()[0] if run.dataset == self.dataset]
        if not runs:
            raise CommandError(f"There is no run of a dataset {self.dataset!r} in {self.stack.where}.")
        values = self.values(runs)
        return News({name: render(name, values) for name in ("champions", "board")})

    def values(self, runs: Sequence[Run]) -> dict[str, Any]:
        """What the part is made of."""
        champion = Ledger(self.stack.table).champion(self.dataset)
        metric = main_metric(runs, champion)
        tested = history(runs, metric) if metric else []
        return {
            "metric": metric,
            "board": ranked(runs, metric, champion) if metric else [],
            "untested": sum(1 for run in runs if not run.metrics),
            "plot": plot(tested, metric) if metric else None,
            "champion": champion,
        }
