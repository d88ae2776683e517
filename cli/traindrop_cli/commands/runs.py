"""`traindrop runs` and `traindrop show`."""

import json as json_module

from traindrop.ledger import Ledger
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack
from traindrop_cli.result import as_json
from traindrop_cli.screen import console
from traindrop_cli.summary import list_runs, print_run


def run_runs(dataset: str | None, *, json: bool, stack: str | None) -> None:
    found = find_stack(stack)
    runs = list(Ledger(found.table).runs(dataset))
    if json:
        print(json_module.dumps([as_json(run) for run in runs], indent=2))
    elif runs:
        list_runs(runs, console())
    else:
        print(f"No runs in {found.where} yet. Drop a CSV: traindrop drop my.csv --target COLUMN")


def run_show(name: str, *, json: bool, stack: str | None) -> None:
    found = find_stack(stack)
    run = Ledger(found.table).get(name)
    if run is None:
        raise CommandError(f"There is no run {name} in {found.where}. `traindrop runs` lists them.")
    if json:
        print(json_module.dumps(as_json(run), indent=2))
    else:
        print_run(run, console())
