"""A drop with `tuning:`, end to end: how long, what it costs, and whether the tuned model is better than the defaults.

    python -m benchmarks.tuned [--trials 20] [--quick]

On the local AWS, with template.yaml as it is, trials in Lambda functions, four at a time: Titanic (where it lies beside
the repository) and two datasets of scikit-learn, one of them a regression, each with test rows of its own. Seconds are
this machine's, the cost is what AWS would bill for them. Writes benchmarks/results/tuned.json.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.pipeline import Data, told
from benchmarks.processes import ROOT
from benchmarks.results import write_document
from benchmarks.tables import markdown
from rich.console import Console
from sklearn import datasets

from traindrop import aws
from traindrop.evaluation import Evaluation
from traindrop_cli.commands.demo import TARGET, write_breast_cancer
from traindrop_cli.local_stack import own_local_stack
from traindrop_cli.stack import Stack
from traindrop_cli.upload import Files, drop

TRIALS, PARALLEL = 20, 4
# What people try first; the rest as the script has it.
RANGES = """
    eta: {min: 0.02, max: 0.3, scale: log}
    max_depth: {min: 2, max: 8}
    min_child_weight: {min: 1, max: 20, scale: log}
    subsample: {min: 0.5, max: 1.0}
    colsample_bytree: {min: 0.4, max: 1.0}"""
COLUMNS = ("data", "trials", "seconds", "cost", "on test rows", "defaults", "tuned", "difference (95 %)", "which is")
_TITANIC = ROOT.parent / "shared" / "data" / "titanic"
_TEST_SHARE = 0.25


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuned", description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=TRIALS, help="beside the one with the defaults (default: 20)")
    parser.add_argument("--quick", action="store_true", help="four trials of one dataset: proves nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="traindrop-tuned-") as name:
        data = all_data(Path(name))
        found = measure(data, options.trials) if not options.quick else measure({"diabetes": data["diabetes"]}, 4)
    print(table(found))
    if not options.quick:
        write_document("tuned", {"trials": options.trials, "found": found})
    return 0


def all_data(folder: Path) -> dict[str, Data]:
    found = {}
    if _TITANIC.is_dir():
        found["Titanic"] = _data(_TITANIC / "titanic_train.csv", _TITANIC / "titanic_test.csv", "Survived")
    found["breast cancer"] = _data(*write_breast_cancer(folder), TARGET)
    found["diabetes"] = _data(*write_diabetes(folder), "progression")
    return found


def write_diabetes(folder: Path) -> tuple[Path, Path]:
    """The 442 patients that scikit-learn brings along, a quarter of them to test on; a regression."""
    bunch = datasets.load_diabetes(scaled=False)
    lines = [",".join(map(repr, map(float, row))) for row in np.column_stack([bunch.data, bunch.target])]
    header = ",".join([*bunch.feature_names, "progression"])
    order = np.random.default_rng(0).permutation(len(lines))
    cut = round(len(lines) * _TEST_SHARE)
    paths = folder / "diabetes_train.csv", folder / "diabetes_test.csv"
    for path, rows in zip(paths, (order[cut:], order[:cut]), strict=True):
        path.write_text("\n".join([header, *(lines[row] for row in rows), ""]), "utf-8")
    return paths


def measure(data: dict[str, Data], trials: int) -> dict[str, dict[str, Any]]:
    """By dataset."""
    with own_local_stack(Console(stderr=True)) as stack:
        return {name: _tuned(stack, name, each, trials) for name, each in data.items()}


def table(found: dict[str, dict[str, Any]]) -> str:
    return markdown(COLUMNS, [_row(name, each) for name, each in found.items()])


def _tuned(stack: Stack, name: str, data: Data, trials: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "training.yaml"
        config.write_text(
            f"target: {data.target}\ninstance_type: lambda\ntuning:\n  max_jobs: {trials}\n  max_parallel: {PARALLEL}\n"
            f"  ranges:{RANGES}\n",
            "utf-8",
        )
        dataset = name.replace(" ", "-").lower()
        drop(stack, Files(data.train, test=data.test, config=config), dataset)
        run = told(stack, dataset)
    document = aws.read_json(run.bucket, run.evaluation_key)
    evaluation = Evaluation.model_validate(document)
    if evaluation.tuning is None or run.launched_at is None or run.training_ended_at is None:
        raise RuntimeError(f"{run.run} did not tune")
    seconds = (run.training_ended_at - run.launched_at).total_seconds()
    main = evaluation.main_metric or ""
    return {
        "seconds": seconds,
        "cost": evaluation.cost.usd if evaluation.cost else None,
        "rows": data.rows,
        "metric": main,
        "value": evaluation.metrics[main],
        "tuning": evaluation.tuning.model_dump(mode="json", exclude_none=True),
    }


def _row(name: str, found: dict[str, Any]) -> Sequence[str]:
    trials = [each for each in found["tuning"]["trials"] if each["number"]]
    early = sum(each["status"] == "stopped early" for each in trials)
    gain = found["tuning"]["gain"]
    # Of defaults that are the best themselves there is nothing to compare.
    low, high = gain.get("interval", (0.0, 0.0))
    return [
        f"{name}, {found['rows']:,} rows",
        f"{len(trials)} ({early} stopped early)",
        f"{found['seconds']:.0f}",
        f"${found['cost']:.4f}",
        found["metric"],
        f"{gain.get('defaults_value', found['value']):.4g}",
        f"{found['value']:.4g}",
        f"{gain.get('difference', 0.0):+.3g} ({low:+.3g} to {high:+.3g})",
        gain["outcome"],
    ]


def _data(train: Path, test: Path, target: str) -> Data:
    return Data(train, test, target, len(train.read_bytes().splitlines()) - 1)


if __name__ == "__main__":
    sys.exit(main())
