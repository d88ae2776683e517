"""`traindrop runs`."""

import json as json_module
from collections.abc import Sequence

from traindrop_cli.find import find_stack
from traindrop_cli.listing import listing
from traindrop_cli.result import as_json
from traindrop_cli.run_filter import run_filter


def run_runs(dataset: str | None, statuses: Sequence[str], since: str | None, *, json: bool, stack: str | None) -> None:
    wanted = run_filter(statuses, since)
    found = find_stack(stack)
    there, line = listing(found, dataset)
    runs = list(wanted.of(there))
    if json:
        print(json_module.dumps([as_json(run, line) for run in runs], indent=2))
    elif runs:
        from traindrop_cli.run_table import list_runs
        from traindrop_cli.screen import console

        list_runs(runs, console(), line)
    elif statuses or since or dataset:
        print(f"No such runs in {found.where}. `traindrop runs` lists all.")
    else:
        print(f"No runs in {found.where} yet. Drop a CSV: traindrop drop my.csv --target COLUMN")
