"""`traindrop show`."""

import json as json_module

from traindrop.ledger import Ledger
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.result import as_json
from traindrop_cli.run_trials import find_trials
from traindrop_cli.screen import console
from traindrop_cli.summary import print_run
from traindrop_cli.trial_words import trials_as_json


def run_show(name: str, *, json: bool, stack: str | None) -> None:
    found = find_stack(stack)
    run = run_in(found, name)
    ledger = Ledger(found.table)
    line, tuned = ledger.waiting(), find_trials(run, ledger)
    if json:
        print(json_module.dumps(as_json(run, line) | {"trials": trials_as_json(tuned)}, indent=2))
    else:
        print_run(run, console(), line=line, is_local=found.is_local, tuned=tuned)
