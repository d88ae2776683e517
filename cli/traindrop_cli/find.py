"""The stack and the run that a command is about."""

from typing import TYPE_CHECKING

from traindrop_cli.errors import CommandError
from traindrop_cli.local_note import running
from traindrop_cli.stack import DEFAULT_STACK, Stack, connect, noted_stack

if TYPE_CHECKING:
    from traindrop.run import Run


def find_stack(name: str | None) -> Stack:
    """The deployed stack of that name; without one the local AWS if it runs, else the stack `traindrop` in AWS.

    Raises `CommandError` where there is none.
    """
    local = running()
    if name is None and local is not None:
        return noted_stack(local)
    return connect(name or DEFAULT_STACK)


def run_in(stack: Stack, name: str, *, advice: str = "") -> "Run":
    """The run of that name. Raises `CommandError`, which ends with `advice`, where the stack's ledger has none."""
    from traindrop.ledger import Ledger

    run = Ledger(stack.table).get(name)
    if run is None:
        raise CommandError(f"There is no run {name} in {stack.where}. `traindrop runs` lists them.{advice}")
    return run
