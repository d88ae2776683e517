"""What a person reads at the end of a run, and in a list of runs."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from traindrop import plain_text
from traindrop.billed import run_usd, was_billed
from traindrop.cost import dollars
from traindrop.notifying import message_of
from traindrop.run import FINAL, Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.follow import steps_of
from traindrop_cli.screen import plain
from traindrop_cli.standing import attempt, in_line

_MAX_CELL = 1000
_STYLES = {Status.EVALUATED: "green", Status.REJECTED: "yellow", Status.WAITING: "cyan", Status.IN_PROGRESS: "cyan",
           Status.COMPLETED: "cyan"}  # fmt: skip


def print_run(
    run: Run, console: Console, *, message: bool = True, line: Sequence[Place] = (), is_local: bool = False
) -> None:
    """The run's message as its subscribers get it, and how long each step took; `line`: who waits."""
    if run.status not in FINAL:
        console.print(plain(f"{run.run} is {run.status.value}.", "bold"))
        for text in _standing(run, line):
            console.print(plain(text), soft_wrap=True)
    elif message:
        found = message_of(run)
        console.print(plain(found.subject, "bold"))
        console.print(plain(f"\n{found.body}"), soft_wrap=True)
    console.print(_times(run))
    if is_local and was_billed(run):
        console.print("This is a local AWS: nothing was billed. The cost is what AWS would bill.", soft_wrap=True)


def _standing(run: Run, line: Sequence[Place]) -> list[str]:
    """What is to be known of a run that has not ended, a line each."""
    standing = in_line(run, line)
    return [
        *([f"{standing[0].upper()}{standing[1:]}."] if standing else []),
        *([f"It is at {attempt(run)}."] if run.attempt > 1 else []),
        *(f"Earlier attempt: {failure}" for failure in run.earlier_failures),
        *([f"{run.stop_requested_by} asked to stop it."] if run.stop_requested_by else []),
    ]


def what(run: Run, line: Sequence[Place]) -> str:
    """The one thing to know of a run in a list."""
    if run.status in FINAL:
        return f"answered by {run.answered_by}" if run.answered_by else (run.reason or run.file)
    stopping = f"{run.stop_requested_by} asked to stop it" if run.stop_requested_by else None
    return stopping or in_line(run, line) or attempt(run) or run.file


def cost(run: Run) -> str:
    """What it did cost; of one that goes on, what the present attempt costs at the most."""
    if run.goes_on:
        return f"up to {dollars(run.worst_case_usd)}" if run.worst_case_usd is not None else "unknown"
    usd = run_usd(run)
    return ("unknown" if was_billed(run) else "") if usd is None else dollars(usd)


def _times(run: Run) -> Table:
    table = Table("step", "at", "took", title="Time of each step", title_justify="left")
    before = run.uploaded_at
    for step in steps_of(run):
        start = run.uploaded_at or step.at
        took = (step.at - (before or step.at)).total_seconds()
        table.add_row(step.name, f"{(step.at - start).total_seconds():.1f} s", f"{took:.1f} s")
        before = step.at
    return table


def _cell(text: str, **how: Any) -> Text:
    """The first line of `text`."""
    return Text(plain_text.line(text.strip().partition("\n")[0], _MAX_CELL), **how)


def list_runs(runs: list[Run], console: Console, line: Sequence[Place]) -> None:
    """A table of runs; `line`: who waits."""
    table = Table("run", "dataset", "status", "main metric", "cost", "started (UTC)", "what", box=None, pad_edge=False)
    for run in runs:
        metrics = run.metrics or run.validation
        value = metrics.get(run.main_metric or "")
        table.add_row(
            _cell(run.run, overflow="fold"),
            _cell(run.dataset, overflow="fold"),
            Text(run.status.value, style=_STYLES.get(run.status, "red")),
            _cell(f"{run.main_metric} {value:.4f}" if value is not None else ""),
            cost(run),
            f"{run.created_at:%Y-%m-%d %H:%M:%S}",
            _cell(what(run, line), overflow="ellipsis", no_wrap=True),
        )
    console.print(table)
