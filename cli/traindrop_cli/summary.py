"""What a person reads at the end of a run, and in a list of runs."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from traindrop.notifying import message_of
from traindrop.run import FINAL, Run, Status
from traindrop_cli.follow import steps_of

_STYLES = {Status.EVALUATED: "green", Status.REJECTED: "yellow", Status.WAITING: "cyan", Status.IN_PROGRESS: "cyan",
           Status.COMPLETED: "cyan"}  # fmt: skip


def print_run(run: Run, console: Console, *, message: bool = True) -> None:
    """The run's message as its subscribers get it, and how long each step took."""
    if run.status not in FINAL:
        console.print(Text(f"{run.run} is {run.status.value}.", style="bold"))
    elif message:
        found = message_of(run)
        console.print(Text(found.subject, style="bold"))
        console.print(Text(f"\n{found.body}"), soft_wrap=True)
    console.print(_times(run))


def _times(run: Run) -> Table:
    table = Table("step", "at", "took", title="Time of each step", title_justify="left")
    before = run.uploaded_at
    for step in steps_of(run):
        start = run.uploaded_at or step.at
        took = (step.at - (before or step.at)).total_seconds()
        table.add_row(step.name, f"{(step.at - start).total_seconds():.1f} s", f"{took:.1f} s")
        before = step.at
    return table


def list_runs(runs: list[Run], console: Console) -> None:
    table = Table("run", "dataset", "status", "main metric", "started (UTC)", "what", box=None, pad_edge=False)
    for run in runs:
        metrics = run.metrics or run.validation
        value = metrics.get(run.main_metric or "")
        table.add_row(
            Text(run.run, overflow="fold"),
            Text(run.dataset),
            Text(run.status.value, style=_STYLES.get(run.status, "red")),
            f"{run.main_metric} {value:.4f}" if value is not None else "",
            f"{run.created_at:%Y-%m-%d %H:%M:%S}",
            Text((run.reason or run.file).splitlines()[0], overflow="ellipsis", no_wrap=True),
        )
    console.print(table)
