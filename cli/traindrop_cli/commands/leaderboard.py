"""`traindrop leaderboard`."""

import json as json_module
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from traindrop import plain_text
from traindrop.billed import run_usd
from traindrop.cost import dollars
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.comparison import with_interval
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack
from traindrop_cli.fitting_table import fitting_table
from traindrop_cli.ranking import Ranked, main_metric, ranked
from traindrop_cli.result import as_json
from traindrop_cli.screen import console, plain

_HOW_TO_READ = (
    "In brackets: 95 % intervals. The order of runs whose intervals overlap may be chance; the verdict, which compared "
    "the run with the champion of its time row by row, says whether it was better."
)


def run_leaderboard(dataset: str, metric: str | None, *, json: bool, stack: str | None) -> None:
    found = find_stack(stack)
    ledger = Ledger(found.table)
    runs, champion = list(ledger.runs(dataset)), ledger.champion(dataset)
    if not runs:
        raise CommandError(f"There is no run of a dataset {dataset!r} in {found.where}. `traindrop runs` lists all.")
    by = metric or main_metric(runs, champion)
    board = ranked(runs, by, champion) if by else []
    if json:
        shown = {"dataset": dataset, "metric": by, "champion": champion, "runs": [_as_json(each, by) for each in board]}
        print(json_module.dumps(shown, indent=2))
    elif by is None or not board:
        what = f"with a metric {by}" if by else "on a test file"
        print(f"No run of {plain_text.line(dataset)} was tested {what}. A test file: traindrop drop … --test FILE")
    else:
        _show(board, by, len(runs) - len(board))


def _as_json(ranked: Ranked, metric: str | None) -> dict[str, Any]:
    return {
        **as_json(ranked.run),
        "place": ranked.place,
        "value": ranked.value,
        "interval": ranked.run.intervals.get(metric or ""),
        "is_champion": ranked.is_champion,
    }


def _show(board: Sequence[Ranked], metric: str, untested: int) -> None:
    screen = console()
    columns = {
        "": [plain("" if each.place is None else str(each.place)) for each in board],
        "run": [_run(each) for each in board],
        metric: [plain(with_interval(each.run, metric) or "") for each in board],
        "test rows": [plain(_rows(each)) for each in board],
        "verdict": [plain(each.run.comparison.outcome if each.run.comparison else "") for each in board],
        "cost": [plain(_cost(each.run)) for each in board],
        "file": [plain(plain_text.line(each.run.file, 60)) for each in board],
        "started (UTC)": [plain(f"{each.run.created_at:%Y-%m-%d %H:%M:%S}") for each in board],
    }
    spare = ("started (UTC)", "file", "cost", "test rows", "verdict")
    table = fitting_table(columns, screen.width, whole="run", spare=spare)
    screen.print(table)
    screen.print(_HOW_TO_READ, soft_wrap=True)
    if any(each.place is None for each in board):
        screen.print("Without a place: tested on other rows, so that the metric says little beside the others'.")
    if untested:
        screen.print(
            f"{untested} further run{'s' if untested > 1 else ''} of this dataset: no such metric of test rows."
        )


def _run(ranked: Ranked) -> Text:
    if ranked.is_champion:
        return plain(f"{ranked.run.run} (champion)", "bold")
    return plain(ranked.run.run)


def _rows(ranked: Ranked) -> str:
    shown = "" if ranked.run.test_rows is None else f"{ranked.run.test_rows:,}"
    return shown if ranked.place is not None else f"{shown} (others)"


def _cost(run: Run) -> str:
    usd = run_usd(run)
    return "unknown" if usd is None else dollars(usd)
