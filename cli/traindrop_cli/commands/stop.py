"""`traindrop stop`."""

import json as json_module
import time
from collections.abc import Callable

import typer
from rich.console import Console

from traindrop import training_jobs
from traindrop.events import Stop
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.asking import ask, who_asks
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.result import as_json
from traindrop_cli.screen import console, plain
from traindrop_cli.stack import Stack
from traindrop_cli.standing import in_line, is_launched

# The dispatcher is a moment away; SageMaker gives a job two minutes to stop, and its event takes another moment.
_HEARD_SECONDS = 60.0
_STOPPED_SECONDS = 300.0
_OWNER = "traindrop:owner"
_OTHERS = " Only runs of this stack's ledger are ever stopped; training jobs of others are never touched."


def run_stop(name: str, *, yes: bool, json: bool, stack: str | None) -> int:
    """Show what is about to be stopped and whose it is, ask, and stop it; 0 if it was, 1 if it was not."""
    found = find_stack(stack)
    run = run_in(found, name, advice=_OTHERS)
    if not run.goes_on:
        raise CommandError(f"{name} has ended already, there is nothing to stop: it is {run.status.value}.")
    screen = console(stderr=json)
    _show(found, run, screen)
    if not yes and not typer.confirm("Stop it?", err=json):
        screen.print("It was not stopped.")
        return 1
    ask(found, "Stop Requested", Stop(run=name, who=who_asks(found)))
    with screen.status("Waiting for the dispatcher …"):
        heard = _wait(found, name, lambda run: run.stop_requested_by is not None or not run.goes_on)
    if heard is None:
        raise CommandError(f"The dispatcher has not answered within {_HEARD_SECONDS:.0f} s: traindrop show {name}")
    with screen.status("Waiting for the end …"):
        ended = _wait(found, name, lambda run: not run.goes_on, _STOPPED_SECONDS) or heard
    _tell(found, ended, screen, json=json)
    return 0 if ended.status is Status.STOPPED else 1


def _show(stack: Stack, run: Run, screen: Console) -> None:
    """What is about to be stopped, and whose it is."""
    ledger = Ledger(stack.table)
    waits = in_line(run, ledger.waiting())
    if is_launched(run):
        since = f"{run.launched_at:%Y-%m-%d %H:%M:%S} UTC, as training job {run.job}"
    else:
        since = f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC" + (f", {waits}" if waits else "")
    lines = {
        "run": run.run,
        "dataset": f"{run.dataset} ({run.file})",
        "status": f"{run.status.value} since {since}",
        "instances": run.place,
        "owner": _owner(run, ledger) or "unknown",
    }
    for title, text in lines.items():
        screen.print(plain(f"{title:<10} {text}"), soft_wrap=True)


def _owner(run: Run, ledger: Ledger) -> str | None:
    """The owner tag of the training job; of a run that has no job yet, the one that it will get."""
    return training_jobs.tag(run, _OWNER, ledger) if is_launched(run) else run.owner


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
    elif not run.goes_on:
        text = f"It came to its end before it could be stopped: it is {run.status.value}."
    else:
        text = f"SageMaker was asked to stop it and is at it; the message will tell. traindrop show {run.run}"
    screen.print(plain(text), soft_wrap=True)
