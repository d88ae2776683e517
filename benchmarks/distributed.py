"""Two instances against one with both processors: what sharing costs, and whether the model is the same.

    python -m benchmarks.distributed --sizes mixed:200000 numeric:500000 --runs 2

Two processes of one thread each on addresses of the loopback, by the script's own way for several instances, against
one of two threads and one of a single thread; 100 rounds of depth 6 without subsampling, with which each instance draws
from its own rows. Neither pair has a machine of its own, so this is the cost of sharing, not what a second machine
brings. Writes benchmarks/results/distributed.*. The exit status is 1 where the models differ.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.made_data import TARGET
from benchmarks.processes import Command, Used, alternating, python, run, start
from benchmarks.results import Goal, Measured, Results
from benchmarks.train import case_of, task_of
from benchmarks.trainings import Task, our_training
from benchmarks.written import finish

from traindrop_cli.local.sagemaker.loopback import loopback_instances

SIZES, QUICK = ("mixed:200000", "numeric:500000"), ("mixed:5000", "mixed:20000")
ONE, ONE_THREAD = "one of two threads", "one of one thread"
TOGETHER, LARGER = "two of one thread, together", "two of one thread, the larger"
# Of sums that are added up in another order; a probability has seven digits.
MOST_DIFFERENCE = 1e-5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--sizes", type=task_of, nargs="+", default=[task_of(size) for size in SIZES], metavar="KIND:ROWS"
    )
    parser.add_argument("--quick", dest="sizes", action="store_const", const=[task_of(size) for size in QUICK])
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    results = measure(options.sizes, options.runs)
    return finish(results, dict.fromkeys(map(case_of, options.sizes), ONE))


def measure(tasks: Sequence[Task], runs: int) -> Results:
    measured: list[Measured] = []
    goals = []
    for task in tasks:
        with tempfile.TemporaryDirectory(prefix="traindrop-distributed-") as name:
            folder = Path(name)
            measured += _measured(task, folder, runs)
            found = float(np.abs(_predicted(task, folder / "one") - _predicted(task, folder / "pair-0")).max())
            goals.append(Goal(case_of(task), "largest difference of a probability", MOST_DIFFERENCE, found))
    return Results("distributed", measured, goals)


def _measured(task: Task, folder: Path, runs: int) -> Iterator[Measured]:
    """The pair twice: its wall time and all that both took, and of the larger alone its processor time and its peak."""
    pairs: list[list[Used]] = []
    ways: dict[str, Callable[[], Used]] = {
        ONE: partial(run, _training(task, folder / "one", 2)),
        ONE_THREAD: partial(run, _training(task, folder / "alone", 1)),
        TOGETHER: lambda: _together(pairs, task, folder),
    }
    used = alternating(ways, runs)
    for way in ways:
        yield Measured(case_of(task), task.rows, way, used[way])
    yield Measured(case_of(task), task.rows, LARGER, [max(pair, key=lambda each: each.peak_bytes) for pair in pairs])


def _together(pairs: list[list[Used]], task: Task, folder: Path) -> Used:
    pair = _pair(task, folder)
    pairs.append(pair)
    began, ended = min(each.began for each in pair), max(each.began + each.seconds for each in pair)
    cpu, peak = sum(each.cpu_seconds for each in pair), sum(each.peak_bytes for each in pair)
    return Used(began, ended - began, cpu, peak)


def _pair(task: Task, folder: Path) -> list[Used]:
    with loopback_instances(2) as instances:
        started = [
            start(_training(task, folder / f"pair-{number}", 1, _names(each.hosts, each.host)))
            for number, each in enumerate(instances)
        ]
        used = [each.used() for each in started]
    # They were one training: only the first instance leaves a model.
    assert not (folder / "pair-1" / "model.ubj").exists()
    return used


def _names(hosts: Sequence[str], host: str) -> Mapping[str, str]:
    return {"SM_HOSTS": json.dumps(hosts), "SM_CURRENT_HOST": host}


def _training(task: Task, folder: Path, threads: int, names: Mapping[str, str] | None = None) -> Command:
    folder.mkdir(exist_ok=True)
    flags = {"target": TARGET, "num_round": task.rounds, "max_depth": task.depth, "refit": "false", "subsample": 1}
    return our_training(task.file, folder, flags, {"OMP_NUM_THREADS": str(threads), **(names or {})})


def _predicted(task: Task, folder: Path) -> npt.NDArray[np.float64]:
    """For the held-out rows, by the model that a way left."""
    run(python("benchmarks.ways.ours", "--score", task.held_out, "--model", folder, "--out", folder, "--predictions"))
    _, probability = np.load(folder / "scores.npy")
    return np.asarray(probability)


if __name__ == "__main__":
    sys.exit(main())
