"""The table of runs, as a person reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from traindrop import plain_text
from traindrop.billed import run_usd, was_billed
from traindrop.cost import dollars
from traindrop.run import FINAL, Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.fitting_table import fitting_table
from traindrop_cli.standing import attempt, in_line

_MAX_CELL = 1000
_STYLES = {Status.EVALUATED: "green", Status.REJECTED: "yellow", Status.WAITING: "cyan", Status.IN_PROGRESS: "cyan",
           Status.COMPLETED: "cyan"}  # fmt: skip


def list_runs(
    runs: Sequence[Run], console: Console, line: Sequence[Place], tried: Mapping[str, int] | None = None
) -> None:  # fmt: skip
    """A table of runs; `line`: who waits; `tried`: by run that tunes, how many trials have ended."""
    columns = {
        "run": [_cell(run.run) for run in runs],
        "dataset": [_cell(run.dataset) for run in runs],
        "status": [Text(run.status.value, style=_STYLES.get(run.status, "red")) for run in runs],
        "main metric": [_cell(_metric(run)) for run in runs],
        "cost": [_cell(cost(run)) for run in runs],
        "started (UTC)": [_cell(f"{run.created_at:%Y-%m-%d %H:%M:%S}") for run in runs],
        "what": [_cell(what(run, line, (tried or {}).get(run.run)), overflow="ellipsis", no_wrap=True) for run in runs],
    }
    spare = ("dataset", "started (UTC)", "what", "cost", "main metric")
    console.print(fitting_table(columns, console.width, whole="run", spare=spare))


def _metric(run: Run) -> str:
    value = (run.metrics or run.validation).get(run.main_metric or "")
    return "" if value is None else f"{run.main_metric} {value:.4f}"


def what(run: Run, line: Sequence[Place], tried: int | None = None) -> str:
    """The one thing to know of a run in a list; `tried`: of one that tunes, how many trials have ended, if known."""
    if run.status in FINAL:
        return f"answered by {run.answered_by}" if run.answered_by else (run.reason or _tuned(run) or run.file)
    stopping = f"{run.stop_requested_by} asked to stop it" if run.stop_requested_by else None
    return stopping or in_line(run, line) or attempt(run) or _tuning(run, tried) or run.file


def _tuning(run: Run, tried: int | None) -> str | None:
    if not run.tunes:
        return None
    return f"tuning, {run.max_trials} trials" if tried is None else f"tuning, {tried} of {run.max_trials}"


def _tuned(run: Run) -> str | None:
    """`train.csv, tuned by 20 trials`."""
    return f"{run.file}, tuned by {run.trials_with_value} trials" if run.trials_with_value else None


def cost(run: Run) -> str:
    """What it did cost; of one that goes on, what the present attempt costs at the most."""
    if run.goes_on:
        return f"up to {dollars(run.worst_case_usd)}" if run.worst_case_usd is not None else "unknown"
    usd = run_usd(run)
    return ("unknown" if was_billed(run) else "") if usd is None else dollars(usd)


def _cell(text: str, **how: Any) -> Text:
    """The first line of `text`."""
    return Text(plain_text.line(text.strip().partition("\n")[0], _MAX_CELL), **how)
