"""`traindrop show`."""

import json as json_module

from traindrop.ledger import Ledger
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.result import as_json
from traindrop_cli.screen import console
from traindrop_cli.summary import print_run


def run_show(name: str, *, json: bool, stack: str | None) -> None:
    found = find_stack(stack)
    run = run_in(found, name)
    line = Ledger(found.table).waiting()
    if json:
        print(json_module.dumps(as_json(run, line), indent=2))
    else:
        print_run(run, console(), line=line, is_local=found.is_local)
