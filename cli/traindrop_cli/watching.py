"""A run followed live, until it ends or the person has seen enough."""

from rich.console import Console

from traindrop.ledger import Ledger
from traindrop_cli.display import watch
from traindrop_cli.errors import Interrupted
from traindrop_cli.follow import Ended, FindRun, Step, follow
from traindrop_cli.local_note import running
from traindrop_cli.stack import Stack


def watch_run(stack: Stack, find: FindRun, began: Step, screen: Console, *, timeout: float) -> Ended:
    """Show the run's progress, and return its end. Raises `Interrupted` (Ctrl-C), `CommandError` after `timeout` s."""
    try:
        return watch(follow(stack, find, began, timeout=timeout), screen)
    except KeyboardInterrupt:
        raise _no_longer_followed(stack, find(Ledger(stack.table))) from None


def _no_longer_followed(stack: Stack, run: str | None) -> Interrupted:
    """What to say after Ctrl-C; `run` is None where the launcher has not decided yet."""
    if stack.is_local and running() is None:
        return Interrupted(
            "The local AWS of this command ends with it, and so does the run. One that stays: traindrop local up"
        )
    if run is None:
        return Interrupted("No longer followed. What becomes of the drop: traindrop runs")
    return Interrupted(
        f"No longer followed; the run goes on.\nFollow its log: traindrop logs -f {run}\nSee how it stands: traindrop "
        f"show {run}\nStop it: traindrop stop {run}"
    )
