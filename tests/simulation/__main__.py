"""`python -m tests.simulation`: every crash point of one upload, then many seeded schedules; or one, told in full."""

import argparse
import sys
from collections.abc import Iterable
from multiprocessing import get_context

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tests.simulation.outcome import Outcome, crash_points, play_case, play_seed, replay


def main() -> int:
    options = _parser().parse_args()
    if options.seed is not None or options.case is not None:
        lines, violated = replay(options.case if options.seed is None else options.seed)
        sys.stdout.write("\n".join([*lines, *violated, f"{len(violated)} violations", ""]))
        return 1 if violated else 0
    total = Outcome()
    with get_context("spawn").Pool(options.jobs) as pool:
        cases = [] if options.no_crash_points else crash_points()
        total += _play("crash points", pool.imap_unordered(play_case, cases, chunksize=16), len(cases))
        seeds = range(options.first, options.first + options.schedules)
        total += _play("schedules", pool.imap_unordered(play_seed, seeds, chunksize=8), len(seeds))
    sys.stdout.write(f"{total}\n")
    return 1 if total.violations else 0


def _play(what: str, outcomes: Iterable[Outcome], count: int) -> Outcome:
    total = Outcome()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=count)
        for outcome in outcomes:
            total += outcome
            progress.advance(task)
            for line in outcome.violations:
                progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
    return total


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000, help="how many seeds (default: 10000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--no-crash-points", action="store_true", help="leave out the exhaustive part")
    parser.add_argument("--seed", type=int, help="play this one schedule, and tell all that happens in it")
    parser.add_argument("--case", help="play one crash point, as a violation names it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
