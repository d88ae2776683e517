"""What a person reads at the end of a run."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from traindrop.billed import was_billed
from traindrop.notifying import message_of
from traindrop.run import FINAL, Run
from traindrop.waiting_line import Place
from traindrop_cli.follow import steps_of
from traindrop_cli.run_trials import RunTrials
from traindrop_cli.screen import plain
from traindrop_cli.standing import attempt, in_line
from traindrop_cli.trials_table import print_trials


def print_run(
    run: Run, console: Console, *, message: bool = True, line: Sequence[Place] = (), is_local: bool = False,
    tuned: RunTrials | None = None,
) -> None:  # fmt: skip
    """The run's message as its subscribers get it, its trials, and how long each step took; `line`: who waits."""
    if run.status not in FINAL:
        console.print(plain(f"{run.run} is {run.status.value}.", "bold"))
        for text in _standing(run, line):
            console.print(plain(text), soft_wrap=True)
    elif message:
        found = message_of(run)
        console.print(plain(found.subject, "bold"))
        console.print(plain(f"\n{found.body}"), soft_wrap=True)
    if tuned is not None and run.was_launched:
        print_trials(tuned, console)
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


def _times(run: Run) -> Table:
    table = Table("step", "at", "took", title="Time of each step", title_justify="left")
    before = run.uploaded_at
    for step in steps_of(run):
        start = run.uploaded_at or step.at
        took = (step.at - (before or step.at)).total_seconds()
        table.add_row(step.name, f"{(step.at - start).total_seconds():.1f} s", f"{took:.1f} s")
        before = step.at
    return table
