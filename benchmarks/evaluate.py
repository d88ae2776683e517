"""What it takes to score a raw test file, ours against pandas and scikit-learn, and in how much memory it can be done.

    python -m benchmarks.evaluate --rows 200000 2000000 [--runs 3] --memory 512 1024 3008

A cold process that reads the CSV, predicts by one model and computes the metrics, which have to be equal. With the
evaluator's reader as the container has it (Arrow) and as its Lambda layer has it (the standard library). As root on
Linux, also in control groups with the memory of functions, and the smallest file with the processor share of one too.
Writes benchmarks/results/evaluate.*. The exit status is 1 where a goal is not met or metrics differ.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.limited import group, reason_against
from benchmarks.made_data import MIXED, TARGET, made
from benchmarks.processes import Command, Failed, Used, alternating, peers_absent, python, run, runs_for
from benchmarks.results import Goal, Measured, Results, ratio
from benchmarks.tables import markdown
from benchmarks.trainings import our_training
from benchmarks.written import finish

ROWS, QUICK = (200_000, 2_000_000), (2_000, 10_000)
MEMORY = (512, 1024, 3008)
TRAINED_ROWS = 50_000
# With one processor; the evaluator's: template.yaml.
FUNCTION_MB = 1769
ARROW, STANDARD, WHOLE, PANDAS = (
    "ours, Arrow",
    "ours, standard library",
    "the evaluator, whole",
    "pandas + scikit-learn",
)
GOALS = (("200,000 rows", 0.45), ("2,000,000 rows", 0.4))
_MOST_MB = ("2,000,000 rows", 320)
# Two ways to add up two million numbers.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Way:
    command: Callable[[Path, Path, Path], Command]
    is_peer: bool = False


def _scoring(module: str, *flags: str, peers: bool = False) -> Way:
    def command(file: Path, model: Path, out: Path) -> Command:
        return python(module, "--score", file, "--model", model, "--out", out, *flags, peers=peers)

    return Way(command, peers)


WAYS: dict[str, Way] = {
    ARROW: _scoring("benchmarks.ways.ours"),
    STANDARD: _scoring("benchmarks.ways.ours", "--without-arrow"),
    WHOLE: _scoring("benchmarks.ways.ours", "--whole", "--without-arrow"),
    PANDAS: _scoring("benchmarks.ways.pandas_scoring", peers=True),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluate", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--quick", dest="rows", action="store_const", const=QUICK)
    parser.add_argument("--runs", type=int, help="of each way at each size (default: 2 of a million rows, 3, or 5)")
    parser.add_argument("--memory", type=int, nargs="*", default=MEMORY, help="MB of the functions; none: leave it out")
    options = parser.parse_args()
    absent = peers_absent()
    with tempfile.TemporaryDirectory(prefix="traindrop-evaluate-") as name:
        results, differences = measure(Path(name), options.rows, options.runs, options.memory, peers=absent is None)
    print("\n".join(differences))
    return finish(results, dict.fromkeys(map(case_of, options.rows), PANDAS), absent=absent) or int(bool(differences))


def case_of(rows: int) -> str:
    return f"{rows:,} rows"


def measure(
    folder: Path, sizes: Sequence[int], runs: int | None, memory: Sequence[int], *, peers: bool
) -> tuple[Results, list[str]]:
    """The results, and which metrics differ between the ways."""
    model = folder / "model"
    model.mkdir()
    # Other rows than all that is scored: its seed is its number of rows.
    run(our_training(made(MIXED, min(TRAINED_ROWS, max(sizes)), seed=2), model, {"target": TARGET, "max_depth": 6}))
    ways = {name: way for name, way in WAYS.items() if peers or not way.is_peer}
    measured: list[Measured] = []
    for rows in sizes:
        # All that the evaluator does beside is for a sample of the rows: once is enough.
        at_hand = {name: way for name, way in ways.items() if name != WHOLE or rows == min(sizes)}
        measured += _measured(rows, at_hand, model, folder, runs or runs_for(rows))
    results = Results("evaluate", measured, ())
    told = [_limits(sizes, ways, model, folder, memory)] if memory else []
    return Results("evaluate", measured, list(goals(results)), told), list(differences(measured))


def _measured(rows: int, ways: Mapping[str, Way], model: Path, folder: Path, runs: int) -> Iterator[Measured]:
    file, outs = made(MIXED, rows), {}
    for number, way in enumerate(ways):
        outs[way] = folder / f"{rows}-{number}"
        outs[way].mkdir()
    once: dict[str, Callable[[], Used]] = {
        name: partial(run, way.command(file, model, outs[name])) for name, way in ways.items()
    }
    used = alternating(once, runs)
    for name in ways:
        scored = json.loads((outs[name] / "scored.json").read_text("utf-8"))
        yield Measured(case_of(rows), rows, name, used[name], {"bytes": file.stat().st_size, **scored})


def differences(measured: Sequence[Measured]) -> Iterator[str]:
    """A sentence for each metric that a way has otherwise than ours with Arrow."""
    for each in measured:
        first = next(one for one in measured if one.case == each.case and one.way == ARROW)
        found: dict[str, Any] = each.more["metrics"]
        for metric, value in found.items():
            expected = first.more["metrics"][metric]
            if value is None or abs(value - expected) > _TOLERANCE:
                yield f"DIFFERENT {metric} of {each.case}: {value} by {each.way}, {expected} by {ARROW}"


def goals(results: Results) -> Iterator[Goal]:
    cases = {each.case for each in results.measured}
    for case, most in GOALS:
        if case in cases:
            found = ratio(results.find(case, ARROW), results.find(case, PANDAS), "seconds")
            yield Goal(case, f"time, × {PANDAS}", most, found)
    case, most_mb = _MOST_MB
    ours = results.find(case, ARROW)
    if ours is not None:
        yield Goal(case, "peak MB", most_mb, ours.peak_mb)


def _limits(sizes: Sequence[int], ways: Mapping[str, Way], model: Path, folder: Path, memory: Sequence[int]) -> str:
    """What each way does with so much memory, as a table; or why that cannot be seen here."""
    against = reason_against()
    if against is not None:
        return f"What fits a function's memory was not measured: {against}."
    out = folder / "limited"
    out.mkdir()
    rows = []
    for size in sizes:
        for way, how in ways.items():
            if way == WHOLE and size != min(sizes):
                continue
            command = how.command(made(MIXED, size), model, out)
            in_function = _seconds(command, FUNCTION_MB, whole_processor=False) if size == min(sizes) else None
            timed = "" if in_function is None else f"{in_function:.2f} s"
            rows.append([f"{way}, {case_of(size)}", timed, *_fits(command, sorted(memory))])
    return markdown(["", f"in a function of {FUNCTION_MB:,} MB", *(f"{each:,} MB" for each in sorted(memory))], rows)


def _fits(command: Command, memory: Sequence[int]) -> Iterator[str]:
    """What fits so much memory, the least first, fits more of it."""
    fits = False
    for each in memory:
        fits = fits or _seconds(command, each, whole_processor=True) is not None
        yield "fits" if fits else "does not"


def _seconds(command: Command, memory_mb: int, *, whole_processor: bool) -> float | None:
    """None where the kernel ended it for want of memory, or it found none itself."""
    with group(memory_mb, whole_processor=whole_processor) as limited:
        try:
            return run(command, before=limited.join).seconds
        except Failed:
            return None


if __name__ == "__main__":
    sys.exit(main())
