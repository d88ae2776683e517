"""`traindrop runs`."""

import json as json_module
from collections.abc import Sequence
from typing import TYPE_CHECKING

from traindrop_cli.find import find_stack
from traindrop_cli.listing import listing
from traindrop_cli.result import as_json
from traindrop_cli.run_filter import run_filter

if TYPE_CHECKING:
    from traindrop.run import Run
    from traindrop_cli.stack import Stack


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

        list_runs(runs, console(), line, _tried(runs, found))
    elif statuses or since or dataset:
        print(f"No such runs in {found.where}. `traindrop runs` lists all.")
    else:
        print(f"No runs in {found.where} yet. Drop a CSV: traindrop drop my.csv --target COLUMN")


def _tried(runs: Sequence["Run"], stack: "Stack") -> dict[str, int]:
    """Of those that tune just now, how many trials have ended."""
    tuning = [run for run in runs if run.tunes and run.goes_on and run.was_launched]
    if not tuning:
        return {}
    # Only now: to ask for trials takes an SDK, which takes longer to import than the command may take without.
    from traindrop.ledger import Ledger
    from traindrop_cli.run_trials import find_trials

    found = ((run.run, find_trials(run, Ledger(stack.table))) for run in tuning)
    return {name: tuned.ended for name, tuned in found if tuned is not None}
