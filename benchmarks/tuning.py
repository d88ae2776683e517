"""Is a search that learns better than chance, what does early stopping save, and what does either cost in quality?

    python -m benchmarks.tuning --seeds 20 --trials 20

Tunes XGBoost on Titanic (where it lies beside the repository) and on two small datasets of scikit-learn, 20 trials
beside the defaults and four at a time, with the suggestions, the limits and the fit that the tuner uses. A seed decides
the search and how all rows are split into train, validation and test; what is compared is paired by it. Writes
benchmarks/results/tuning.json. Some half hour on one processor.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.results import FOLDER, write_document
from benchmarks.tuning_fits import Data, Fits, all_data
from benchmarks.tuning_search import Found, Rule, request_of, search
from scipy import stats

from traindrop.median_rule import medians
from traindrop.pruning import Limits
from traindrop.trial import Trial

RANDOM, BAYESIAN, HYPERBAND = "random", "bayesian", "hyperband"
STOPPING = ", early stopping"
# Strategy, and whether trials are stopped early by the median rule.
WAYS = {
    RANDOM: ("Random", False), RANDOM + STOPPING: ("Random", True), BAYESIAN: ("Bayesian", False),
    BAYESIAN + STOPPING: ("Bayesian", True), HYPERBAND: ("Hyperband", False),
}  # fmt: skip
RULES = list(product((3, 5, 8), (2, 4, 8, 16)))

# By dataset, way and seed.
Results = Mapping[str, Mapping[str, Sequence[Found]]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--data", nargs="*", help="only these; what was found of the others stays")
    parser.add_argument("--quick", action="store_true", help="two seeds, eight trials, one dataset: proves nothing")
    options = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1")
    if options.quick:
        data = all_data()[-1]
        print(tables({data.name: tuned(data, 2, 8)}))
        return 0
    for data in all_data():
        if options.data is None or data.name in options.data:
            found = tuned(data, options.seeds, options.trials)
            told = {way: list(map(asdict, each)) for way, each in found.items()}
            write_document("tuning", {"trials": options.trials, "found": _known() | {data.name: told}})
    print(tables(_results()))
    return 0


def _known() -> dict[str, Any]:
    """What was measured of each dataset, as it was written."""
    file = FOLDER / "tuning.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))["found"] if file.is_file() else {}
    return found


def _results() -> Results:
    def read(each: dict[str, Any]) -> Found:
        return Found(**{**each, "by_trial": tuple(each["by_trial"])})

    return {name: {way: list(map(read, found)) for way, found in ways.items()} for name, ways in _known().items()}


def tuned(data: Data, seeds: int, trials: int) -> dict[str, list[Found]]:
    """Every way with every seed; with a seed all ways have the same rows, and fit a point once."""
    found: dict[str, list[Found]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            fits = Fits(data, seed, Path(folder))
            for way, (strategy, stopping) in WAYS.items():
                request = request_of(data, seed, strategy, early_stopping=stopping)
                found.setdefault(way, []).append(search(data, fits, request, trials))
            request = request_of(data, seed, "Random", early_stopping=True)
            for least, first in RULES:
                done = search(data, fits, request, trials, _rule(least, first))
                found.setdefault(_rule_name(least, first), []).append(done)
        print(f"{data.name}, seed {seed + 1} of {seeds}", file=sys.stderr, flush=True)
    return found


def _rule(least: int, first: int) -> Rule:
    return partial(_limits, least, first)


def _limits(least: int, first: int, request: Mapping[str, Any], trials: Sequence[Trial], number: int) -> Limits | None:  # noqa: ARG001 - a Rule
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    by_round = medians([trial.curve for trial in trials if trial.curve], least, first)
    return Limits(objective["MetricName"], objective["Type"].lower(), by_round) if by_round else None


def _rule_name(least: int, first: int) -> str:
    return f"{RANDOM}, medians of {least} from round {first}"


def tables(results: Results) -> str:
    """In Markdown: each way against random search and against the defaults. Gains are means with 95 % intervals."""
    data = {each.name: each for each in all_data()}
    lines = []
    for name, ways in results.items():
        lines += [f"\n{name}, {data[name].metric}\n", f"| {' | '.join(_COLUMNS)} |", "| --- " * len(_COLUMNS) + "|"]
        lines += [f"| {' | '.join([way, *_row(found, ways[RANDOM], data[name])])} |" for way, found in ways.items()]
    return "\n".join(lines)


_COLUMNS = (
    "way", "validation", "test", "gain over random, validation", "gain over random, test", "gain over defaults, test",
    "lost the best", "trials stopped", "rounds, of random's",
)  # fmt: skip


def _row(found: Sequence[Found], random: Sequence[Found], data: Data) -> list[str]:
    better = 1.0 if data.direction == "maximize" else -1.0

    def gain(ours: str, others: Sequence[Found], theirs: str) -> str:
        pairs = zip(found, others, strict=True)
        return interval([better * (getattr(one, ours) - getattr(other, theirs)) for one, other in pairs])

    lost = [better * (one.validation - other.validation) < 0 for one, other in zip(found, random, strict=True)]
    return [
        f"{np.mean([each.validation for each in found]):.4g}",
        f"{np.mean([each.test for each in found]):.4g}",
        gain("validation", random, "validation"),
        gain("test", random, "test"),
        gain("test", found, "defaults_test"),
        f"{sum(lost)} of {len(lost)}",
        f"{np.mean([each.stopped for each in found]):.1f}",
        f"{sum(each.rounds for each in found) / sum(each.rounds for each in random):.0%}",
    ]


def interval(differences: Sequence[float]) -> str:
    """The mean, and a 95 % interval of it by Student's t."""
    middle = float(np.mean(differences))
    if len(differences) < 2:
        return f"{middle:+.4f}"
    half = float(stats.t.ppf(0.975, len(differences) - 1) * stats.sem(differences))
    return f"{middle:+.4f} ({middle - half:+.4f} to {middle + half:+.4f})"


if __name__ == "__main__":
    sys.exit(main())
