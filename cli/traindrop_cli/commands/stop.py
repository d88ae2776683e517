"""`traindrop stop`."""

import json as json_module
import time
from collections.abc import Callable

import typer
from rich.console import Console

from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.errors import CommandError
from traindrop_cli.exit_status import ExitStatus
from traindrop_cli.find import find_stack
from traindrop_cli.result import as_json
from traindrop_cli.screen import console, plain
from traindrop_cli.stack import Stack
from traindrop_cli.stopping import about_to_stop, ask_to_stop, is_stopped, run_to_stop

# The dispatcher is a moment away; SageMaker gives a job two minutes to stop, and its event takes another moment.
_HEARD_SECONDS = 60.0
_STOPPED_SECONDS = 300.0


def run_stop(name: str, *, yes: bool, json: bool, stack: str | None) -> int:
    """Show what is about to be stopped and whose it is, ask, and stop it; 0 if it was, 1 if it was not."""
    found = find_stack(stack)
    run = run_to_stop(found, name)
    screen = console(stderr=json)
    _show(found, run, screen)
    if not yes and not _confirmed(err=json):
        screen.print("It was not stopped.")
        return ExitStatus.NOT_DONE
    ask_to_stop(found, run)
    with screen.status("Waiting for the dispatcher …"):
        heard = _wait(found, name, lambda run: run.stop_requested_by is not None or not run.goes_on)
    if heard is None:
        raise CommandError(f"The dispatcher has not answered within {_HEARD_SECONDS:.0f} s: traindrop show {name}")
    with screen.status("Waiting for the end …"):
        ended = _wait(found, name, lambda run: not run.goes_on, _STOPPED_SECONDS) or heard
    _tell(found, ended, screen, json=json)
    return 0 if is_stopped(ended) else 1


def _confirmed(*, err: bool) -> bool:
    """Whether the person wants it; not, where nobody is there to answer."""
    try:
        return typer.confirm("Stop it?", err=err)
    except typer.Abort:
        return False


def _show(stack: Stack, run: Run, screen: Console) -> None:
    for title, text in about_to_stop(stack, run).items():
        screen.print(plain(f"{title:<10} {text}"), soft_wrap=True)


def _wait(stack: Stack, name: str, until: Callable[[Run], bool], seconds: float = _HEARD_SECONDS) -> Run | None:
    """The run once `until` holds for it; None where that takes longer than `seconds`."""
    ledger = Ledger(stack.table)
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        run = ledger.stored(name)
        if until(run):
            return run
        time.sleep(0.1 if stack.is_local else 1.0)
    return None


def _tell(stack: Stack, run: Run, screen: Console, *, json: bool) -> None:
    if json:
        print(json_module.dumps(as_json(run, Ledger(stack.table).waiting()), indent=2))
        return
    if run.status is Status.STOPPED:
        text = f"It is stopped. {run.reason or ''}"
    elif is_stopped(run):
        text = (
            "The tuning is stopped. The best of the trials that were done by then is kept, and evaluated as any run: "
            f"traindrop show {run.run}"
        )
    elif not run.goes_on:
        text = f"It came to its end before it could be stopped: it is {run.status.value}."
    else:
        text = f"SageMaker was asked to stop it and is at it; the message will tell. traindrop show {run.run}"
    screen.print(plain(text), soft_wrap=True)
