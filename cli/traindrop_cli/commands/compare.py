"""`traindrop compare`."""

import json as json_module
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from traindrop import aws
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.comparison import Row, on_other_rows, rows
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.result import as_json
from traindrop_cli.run_trials import find_trials
from traindrop_cli.screen import console, plain
from traindrop_cli.tuning_facts import as_trained

# Of these sections what is alike says nothing; of the others everything is of interest.
_ONLY_DIFFERENCES = {"config", "data"}


def run_compare(names: Sequence[str], *, everything: bool, json: bool, stack: str | None) -> None:
    if len(names) < 2:
        raise CommandError(f"There is nothing to compare {names[0]} with: name two runs or more.")
    found = find_stack(stack)
    runs = [run_in(found, name) for name in names]
    compared = rows(runs, [_request(run, Ledger(found.table)) for run in runs])
    champions = {run.dataset: Ledger(found.table).champion(run.dataset) for run in runs}
    if json:
        print(json_module.dumps(_as_json(runs, compared, champions), indent=2))
    else:
        _show(runs, compared, champions, everything=everything)


def _request(run: Run, ledger: Ledger) -> dict[str, Any]:
    """Of the training job whose model is the run's; empty where there is none."""
    request = aws.read_json(run.bucket, run.request_key) or {}
    tuned = find_trials(run, ledger)
    if tuned is None:
        return request
    return as_trained(aws.read_json(run.bucket, run.defaults_request_key) or {}, request, tuned)


def _as_json(runs: Sequence[Run], compared: Sequence[Row], champions: dict[str, str | None]) -> dict[str, Any]:
    sections: dict[str, dict[str, list[str | None]]] = {}
    for row in compared:
        if row.differs:
            sections.setdefault(row.section, {})[row.name] = list(row.values)
    return {
        "runs": [{**as_json(run), "is_champion": champions[run.dataset] == run.run} for run in runs],
        "differences": sections,
        "alike": {row.name: row.values[0] for row in compared if row.section in _ONLY_DIFFERENCES and not row.differs},
        "same_test_rows": not on_other_rows(runs),
    }


def _show(
    runs: Sequence[Run], compared: Sequence[Row], champions: dict[str, str | None], *, everything: bool
) -> None:  # fmt: skip
    screen = console()
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for run in runs:
        mark = " (champion)" if champions[run.dataset] == run.run else ""
        table.add_column(plain(f"{run.run}{mark}"), overflow="fold")
    section = None
    for row in compared:
        if not (everything or row.differs or row.section not in _ONLY_DIFFERENCES):
            continue
        if row.section != section:
            section = row.section
            table.add_row(plain(f"{section}", "bold"))
        cells = (plain(value or "-", "bold" if row.differs else "dim") for value in row.values)
        table.add_row(plain(f"  {row.name}"), *cells)
    screen.print(table)
    alike = [row.name for row in compared if row.section in _ONLY_DIFFERENCES and not row.differs]
    if alike and not everything:
        screen.print(plain(f"Alike: {', '.join(alike)}. --all shows them."), soft_wrap=True)
    if on_other_rows(runs):
        screen.print("They were not tested on the same rows: their metrics say little beside each other.")
    for run in runs:
        if run.verdict and run.champion in {other.run for other in runs}:
            screen.print(plain(f"{run.run}: {run.verdict}"), soft_wrap=True)
