"""`traindrop rerun`."""

import json as json_module
import time
import uuid

from traindrop.clock import now
from traindrop.events import Rerun
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.asking import ask
from traindrop_cli.commands.drop import finish
from traindrop_cli.display import watch
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.follow import Step, follow
from traindrop_cli.result import as_json
from traindrop_cli.screen import console
from traindrop_cli.stack import Stack

# The launcher answers within seconds; a cold start and a large file's check and copy are within this.
_ANSWER_SECONDS = 120.0


def run_rerun(name: str, *, wait: bool, timeout: float, json: bool, stack: str | None) -> int:
    """Have the files of a run trained on once more, and follow that to its end if asked to; the exit status."""
    found = find_stack(stack)
    run = run_in(found, name)
    _refuse_never_received(run)
    wish = Rerun(run=name, request_id=str(uuid.uuid4()))
    began = Step("requested", now(), f"to train {run.answered_by or name} once more")
    ask(found, "Rerun Requested", wish)
    screen = console(stderr=json)
    with screen.status("Waiting for the launcher …"):
        again = _answer(found, wish)
    screen.print(f"The new run is {again.run}.", soft_wrap=True, highlight=False)
    if wait:
        progress = follow(found, lambda _: again.run, began, timeout=timeout)
        return finish(found, watch(progress, screen), screen, json=json)
    if json:
        print(json_module.dumps(as_json(again, Ledger(found.table).waiting()), indent=2))
    else:
        screen.print(f"`traindrop show {again.run}` shows what becomes of it.", soft_wrap=True, highlight=False)
    return 0


def _refuse_never_received(run: Run) -> None:
    """A rerun uses the settings that a run was decided on with; one that no part got as far with has none."""
    if run.failed_function is not None and run.checked_at is None:
        raise CommandError(
            f"The upload of {run.run} was never read: {run.failed_function} broke down over it. Its event waits in the "
            "dead-letter queue; once that is mended: traindrop redrive"
        )


def _answer(stack: Stack, wish: Rerun) -> Run:
    ledger = Ledger(stack.table)
    give_up = time.monotonic() + _ANSWER_SECONDS
    while time.monotonic() < give_up:
        name = ledger.answer_to(wish.request_id)
        if name is not None:
            return ledger.stored(name)
        time.sleep(0.1 if stack.is_local else 1.0)
    raise CommandError(
        f"The launcher has not answered within {_ANSWER_SECONDS:.0f} s. The wish is not lost: `traindrop runs` shows "
        "the new run once it is there, and where the launcher broke down a message says so."
    )
