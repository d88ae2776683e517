"""`traindrop rerun`."""

import json as json_module

from traindrop.clock import now
from traindrop.ledger import Ledger
from traindrop_cli.commands.drop import finish
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.follow import Step
from traindrop_cli.rerunning import answer, ask_to_rerun, refuse_never_received
from traindrop_cli.result import as_json
from traindrop_cli.screen import console
from traindrop_cli.watching import watch_run


def run_rerun(name: str, *, wait: bool, timeout: float, json: bool, stack: str | None) -> int:
    """Have the files of a run trained on once more, and follow that to its end if asked to; the exit status."""
    found = find_stack(stack)
    run = run_in(found, name)
    refuse_never_received(run)
    began = Step("requested", now(), f"to train {run.answered_by or name} once more")
    wish = ask_to_rerun(found, run)
    screen = console(stderr=json)
    with screen.status("Waiting for the launcher …"):
        again = answer(found, wish)
    screen.print(f"The new run is {again.run}.", soft_wrap=True, highlight=False)
    if wait:
        end = watch_run(found, lambda _: again.run, began, screen, timeout=timeout)
        return finish(found, end, screen, json=json)
    if json:
        print(json_module.dumps(as_json(again, Ledger(found.table).waiting()), indent=2))
    else:
        screen.print(f"`traindrop show {again.run}` shows what becomes of it.", soft_wrap=True, highlight=False)
    return 0
