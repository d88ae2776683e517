"""The list of runs, and the line of those that wait."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from traindrop.run import Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.run_filter import RunFilter, run_filter
from traindrop_cli.run_table import cost, what
from traindrop_cli.standing import in_line, place_in_line
from traindrop_cli.ui.live import News
from traindrop_cli.ui.pages import render
from traindrop_cli.ui.shared_runs import SharedRuns

SHOWN_RUNS = 200


@dataclass(frozen=True)
class Wanted:
    """Which runs a list is about: "" of a field is any."""

    dataset: str = ""
    status: str = ""

    def of(self, runs: Sequence[Run]) -> list[Run]:
        """Raises `CommandError` for a status that there is none of."""
        chosen: RunFilter = run_filter([self.status] if self.status else [], None)
        return [run for run in chosen.of(runs) if self.dataset in ("", run.dataset)]


def overview(runs: Sequence[Run], line: Sequence[Place], wanted: Wanted) -> dict[str, Any]:
    """What the parts are made of."""
    found = wanted.of(runs)
    waiting = sorted((run for run in runs if place_in_line(run, line) is not None and run.waits_for),
                     key=lambda run: run.created_at)  # fmt: skip
    return {
        "rows": [{"run": run, "cost": cost(run), "what": what(run, line)} for run in found[:SHOWN_RUNS]],
        "more": max(0, len(found) - SHOWN_RUNS),
        "any": bool(runs),
        "line": [{"run": run, "standing": in_line(run, line)} for run in waiting],
    }


@dataclass
class Overview:
    """What one open list was told; each call of `look` is what is to be seen now."""

    shared: SharedRuns
    wanted: Wanted
    _before: dict[str, Status] = field(default_factory=dict)
    _is_first: bool = True

    def look(self) -> News:
        runs, line = self.shared.read()
        values = overview(runs, line, self.wanted)
        statuses = {run.run: run.status for run in self.wanted.of(runs)}
        changed = [] if self._is_first else [name for name, now in statuses.items() if self._before.get(name) != now]
        self._before, self._is_first = statuses, False
        said = "; ".join(f"{name} is {statuses[name].value}" for name in changed[:3]) or None
        return News({"line": render("line", values), "runs": render("runs_table", values)}, said=said)
