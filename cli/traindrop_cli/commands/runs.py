"""`traindrop runs` and `traindrop show`."""

import json as json_module
from collections.abc import Sequence

from traindrop.ledger import Ledger
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.result import as_json
from traindrop_cli.run_filter import run_filter
from traindrop_cli.screen import console
from traindrop_cli.summary import list_runs, print_run


def run_runs(dataset: str | None, statuses: Sequence[str], since: str | None, *, json: bool, stack: str | None) -> None:
    wanted = run_filter(statuses, since)
    found = find_stack(stack)
    ledger = Ledger(found.table)
    runs = list(wanted.of(ledger.runs(dataset)))
    line = ledger.waiting()
    if json:
        print(json_module.dumps([as_json(run, line) for run in runs], indent=2))
    elif runs:
        list_runs(runs, console(), line)
    elif statuses or since or dataset:
        print(f"No such runs in {found.where}. `traindrop runs` lists all.")
    else:
        print(f"No runs in {found.where} yet. Drop a CSV: traindrop drop my.csv --target COLUMN")


def run_show(name: str, *, json: bool, stack: str | None) -> None:
    found = find_stack(stack)
    run = run_in(found, name)
    line = Ledger(found.table).waiting()
    if json:
        print(json_module.dumps(as_json(run, line), indent=2))
    else:
        print_run(run, console(), line=line, is_local=found.is_local)
