"""Is a search that learns better than chance, what does early stopping save, and what does either cost in quality?

    python -m benchmarks.tuning [--data diabetes]

Tunes XGBoost on Titanic (where it lies beside the repository) and on two small datasets of scikit-learn, 20 trials
beside the defaults and four at a time, with the suggestions, the limits and the fit that the tuner uses. A seed decides
the search and how all rows are split into train, validation and test; what is compared is paired by it. Writes
benchmarks/results/tuning.json after each seed, and goes on where it was cut off; without that file it begins anew. An
hour on a processor of its own.
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

from benchmarks.results import FOLDER, write_document
from benchmarks.tuning_fits import Data, Fits, all_data
from benchmarks.tuning_search import Found, Rule, request_of, search
from benchmarks.tuning_tables import RANDOM, Results, tables

from traindrop.median_rule import medians
from traindrop.pruning import Limits
from traindrop.trial import Trial

TRIALS, SEEDS = 20, 20
STOPPING = ", early stopping"
# Strategy, and whether trials are stopped early by the median rule.
WAYS = {
    RANDOM: ("Random", False), RANDOM + STOPPING: ("Random", True), "bayesian": ("Bayesian", False),
    "bayesian" + STOPPING: ("Bayesian", True), "hyperband": ("Hyperband", False),
}  # fmt: skip
# Of the median rule: the least number of trials, and the first round that is looked at.
RULES = list(product((3, 5, 8), (2, 4, 8, 16)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="*", help="only these")
    parser.add_argument("--quick", action="store_true", help="a seed, eight trials, one dataset: proves nothing")
    options = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1")
    if options.quick:
        data = all_data()[-1]
        print(tables({data.name: {way: [found] for way, found in tuned(data, 0, 8).items()}}))
        return 0
    for data in all_data():
        if options.data is None or data.name in options.data:
            _measure(data)
    print(tables(_known()))
    return 0


def _measure(data: Data) -> None:
    for seed in range(len(_known().get(data.name, {}).get(RANDOM, [])), SEEDS):
        new, known = tuned(data, seed, TRIALS), _known()
        before = known.get(data.name, {})
        write(known | {data.name: {way: [*before.get(way, []), found] for way, found in new.items()}})
        print(f"{data.name}, seed {seed + 1} of {SEEDS}", file=sys.stderr, flush=True)


def tuned(data: Data, seed: int, trials: int) -> dict[str, Found]:
    """By way. With a seed all ways have the same rows, and a point is fitted once."""
    found: dict[str, Found] = {}
    with tempfile.TemporaryDirectory() as folder:
        fits = Fits(data, seed, Path(folder))
        for way, (strategy, stopping) in WAYS.items():
            found[way] = search(data, fits, request_of(data, seed, strategy, early_stopping=stopping), trials)
        request = request_of(data, seed, "Random", early_stopping=True)
        for least, first in RULES:
            way = f"{RANDOM}, medians of {least} from round {first}"
            found[way] = search(data, fits, request, trials, _rule(least, first))
    return found


def write(found: Results) -> None:
    told = {name: {way: list(map(asdict, each)) for way, each in ways.items()} for name, ways in found.items()}
    write_document("tuning", {"trials": TRIALS, "found": told})


def _known() -> dict[str, Mapping[str, Sequence[Found]]]:
    file = FOLDER / "tuning.json"
    document = json.loads(file.read_text("utf-8")) if file.is_file() else {"found": {}}
    return {
        name: {way: [Found(**each) for each in found] for way, found in ways.items()}
        for name, ways in document["found"].items()
    }


def _rule(least: int, first: int) -> Rule:
    return partial(_limits, least, first)


def _limits(least: int, first: int, request: Mapping[str, Any], trials: Sequence[Trial], number: int) -> Limits:  # noqa: ARG001 - a Rule
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    by_round = medians([trial.curve for trial in trials if trial.curve], least, first)
    return Limits(objective["MetricName"], objective["Type"].lower(), by_round)


if __name__ == "__main__":
    sys.exit(main())
