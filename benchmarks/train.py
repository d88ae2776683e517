"""What a training takes and what its model is worth, ours against the ways that one would take otherwise.

    python -m benchmarks.train --sizes mixed:10000 mixed:200000 mixed:2000000 numeric:1000000 [--runs 3]

Each is a cold process from the CSV to the model on disk, run by turns: 100 rounds of depth 6, hist. A fast model that
is worse does not count, so each is scored on the same held-out rows, which its own pipeline reads. Writes
benchmarks/results/train.json and train.svg. The exit status is 1 where a goal is not met.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from benchmarks.made_data import MIXED, NUMERIC
from benchmarks.processes import alternating, peers_absent, runs_for
from benchmarks.results import Goal, Measured, Results, ratio
from benchmarks.tables import Columns
from benchmarks.trainings import CONTAINER, LESSON, ONE_HOT, OURS, WAYS, Task, trained, ways_for
from benchmarks.written import finish

KINDS = {kind.name: kind for kind in (MIXED, NUMERIC)}
SIZES = ("mixed:10000", "mixed:200000", "mixed:2000000", "numeric:1000000")
QUICK = ("mixed:2000", "mixed:10000", "numeric:10000")
MIXED_2M = "mixed, 2,000,000 rows"
# Case, what, at the most, against which way. Of equal work: without the refit that the others do not do.
GOALS = (
    ("mixed, 10,000 rows", "seconds", 0.6, LESSON),
    ("mixed, 200,000 rows", "seconds", 0.6, LESSON),
    (MIXED_2M, "seconds", 0.45, ONE_HOT),
    (MIXED_2M, "peak_mb", 0.12, ONE_HOT),
    ("numeric, 1,000,000 rows", "seconds", 0.7, CONTAINER),
    ("numeric, 1,000,000 rows", "peak_mb", 0.6, CONTAINER),
)
WORDS = {"seconds": "time", "peak_mb": "memory"}
# A byte in the binned matrix, and one beyond it.
BYTES_A_VALUE = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--sizes", type=task_of, nargs="+", default=[task_of(size) for size in SIZES], metavar="KIND:ROWS"
    )
    parser.add_argument("--quick", dest="sizes", action="store_const", const=[task_of(size) for size in QUICK])
    parser.add_argument("--runs", type=int, help="of each way at each size (default: 2 of a million rows, 3, or 5)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    absent = peers_absent()
    results = measure(options.sizes, options.runs, options.ways, peers=absent is None)
    return finish(results, {case_of(task): against(task) for task in options.sizes}, COLUMNS, absent)


def task_of(text: str) -> Task:
    kind, _, rows = text.partition(":")
    return Task(KINDS[kind], int(rows))


def case_of(task: Task) -> str:
    return f"{task.kind.name}, {task.rows:,} rows"


def against(task: Task) -> str:
    """The peer that the tables put the others against."""
    if task.kind is NUMERIC:
        return CONTAINER
    return ONE_HOT if task.rows >= 1_000_000 else LESSON


def measure(tasks: Sequence[Task], runs: int | None, ways: Sequence[str], *, peers: bool) -> Results:
    measured = [each for task in tasks for each in _measured(task, runs, ways, peers=peers)]
    results = Results("train", measured, ())
    return Results("train", measured, [*goals(results), *auc_goals(measured), *memory_goals(measured)])


def _measured(task: Task, runs: int | None, names: Sequence[str], *, peers: bool) -> Iterator[Measured]:
    ways = {name: way for name, way in ways_for(task, peers=peers).items() if name in names}
    size, _ = task.file.stat().st_size, task.held_out
    with trained(task, ways) as found:
        used = alternating({name: each.once for name, each in found.items()}, runs or runs_for(task.rows))
        for name, each in found.items():
            yield Measured(case_of(task), task.rows, name, used[name], {"bytes": size, **each.scored()})


def goals(results: Results) -> Iterator[Goal]:
    for case, of, most, peer in GOALS:
        if any(each.case == case for each in results.measured):
            found = ratio(results.find(case, OURS), results.find(case, peer), of)
            yield Goal(case, f"{WORDS[of]}, × {peer}", most, found)


def auc_goals(measured: Sequence[Measured]) -> Iterator[Goal]:
    """No worse than the best of the peers beyond the own confidence interval; by a model of as many rows as theirs."""
    for case in dict.fromkeys(case for case, *_ in GOALS):
        by_way = {each.way: each.more for each in measured if each.case == case}
        peers = [found["auc"] for way, found in by_way.items() if WAYS[way].is_peer]
        if OURS in by_way and peers:
            yield Goal(
                case, "best AUC of a peer, less the upper end of ours", 0.0, max(peers) - by_way[OURS]["auc_high"]
            )


def memory_goals(measured: Sequence[Measured]) -> Iterator[Goal]:
    """How much memory a further value takes, from one size of a kind to the next."""
    ours = [each for each in measured if each.way == OURS and each.case.startswith(MIXED.name)]
    for one, other in pairwise(ours):
        values = (other.size - one.size) * other.more["features"]
        if other.size >= 1_000_000:
            yield Goal(other.case, "bytes of memory a value, one of them in the binned matrix", BYTES_A_VALUE,
                       (other.peak_mb - one.peak_mb) * 1e6 / values)  # fmt: skip


def _auc(each: Measured) -> str:
    more: Mapping[str, float] = each.more
    return f"{more['auc']:.4f} [{more['auc_low']:.4f}, {more['auc_high']:.4f}]"


COLUMNS: Columns = {"AUC on held-out rows": _auc}

if __name__ == "__main__":
    sys.exit(main())
