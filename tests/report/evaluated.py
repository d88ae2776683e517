"""Runs that were really trained and evaluated, for reports of them; on data that scikit-learn brings along."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sklearn import datasets
from tests.builders import a_run
from tests.conftest import ROOT, TITANIC
from tests.tuned import OBJECTIVE, a_tuning_request, trials

from traindrop.column_summary import ColumnInFile, ColumnSummary
from traindrop.doubts import Doubt
from traindrop.evaluation import Evaluation, Subject, evaluate_model
from traindrop.gain import not_comparable
from traindrop.run import Run, Status, Tariff
from traindrop.tuned import tuning_of
from traindrop.verdict import Verdict

HOSTILE = "</script><img src=x onerror=alert(1)>"
REQUEST: dict[str, Any] = {
    "AlgorithmSpecification": {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"},
    "HyperParameters": {"max_depth": "3", "eta": "0.1", "num_round": "60", "sagemaker_program": '"train.py"'},
    "Environment": {"TOKEN": "a secret"},
}


NUMBERS = ColumnInFile(
    rows=712, missing=0.2, distinct=88, mean=29.7, std=14.5, quantiles=(0.4, 4, 20, 28, 38, 56, 80)
)  # fmt: skip
TEXT = ColumnInFile(rows=712, missing=0.0, distinct=3, top=((f"male{HOSTILE}", 453), ("female", 259)))
COLUMNS = (
    ColumnSummary(
        name=f"Age{HOSTILE}", kind="number", used=True, train=NUMBERS, test=NUMBERS, drift=0.31, drift_limit=0.2
    ),
    ColumnSummary(name="Sex", kind="text", used=False, train=TEXT),
)
DOUBT = Doubt(kind="drift", column=f"Age{HOSTILE}", text="Older in the test rows.", evidence={"drift": 0.31})
VERDICT = Verdict(
    outcome="no difference", becomes_champion=False, text=f"No difference from {HOSTILE} that this test can show."
)


def told(evaluation: Evaluation) -> Evaluation:
    """With a verdict, a warning and two columns, one of them in the training file alone."""
    return evaluation.model_copy(update={"verdict": VERDICT, "warnings": (DOUBT,), "columns": COLUMNS})


@dataclass(frozen=True)
class Evaluated:
    evaluation: Evaluation
    run: Run


def evaluated(dataset: str, folder: Path) -> Evaluated:
    """A run of the dataset `titanic`, `breast-cancer`, `wine`, `digits`, `diabetes` or `hostile`."""
    train, test, target = folder / "train.csv", folder / "held out.csv", "target"
    if dataset == "titanic":
        train, test, target = TITANIC / "titanic_train.csv", TITANIC / "titanic_test.csv", "Survived"
    else:
        header, rows = _table(dataset)
        target = header[-1]
        _write(train, header, (row for at, row in enumerate(rows) if at % 4))
        _write(test, header, (row for at, row in enumerate(rows) if at % 4 == 0))
    _train(train, target, folder)
    subject = Subject(f"traindrop-{dataset}-0123456789ab", dataset, "s3://drops/runs/model.tar.gz", target=target)
    return Evaluated(
        evaluate_model(folder / "model", test, output_dir=folder / "output", subject=subject), _run(dataset)
    )


def tuned(folder: Path) -> Evaluated:
    """The run of `hostile`, as if it had tuned settings whose names attack the page."""
    found = evaluated("hostile", folder)
    run = found.run.model_copy(update={"max_trials": 60, "objective": OBJECTIVE, "direction": "maximize"})
    tuning = tuning_of(run, a_tuning_request(HOSTILE), trials(60, hostile=HOSTILE))
    gain = not_comparable(f"{HOSTILE} was deleted.", tuning.chosen_by)
    evaluation = found.evaluation.model_copy(update={"tuning": tuning.model_copy(update={"gain": gain})})
    return Evaluated(evaluation, run)


def _table(dataset: str) -> tuple[list[str], list[list[Any]]]:
    if dataset == "hostile":
        labels = ["no", f"yes{HOSTILE}"]
        rows = [[at % 7, HOSTILE if at % 5 else "b", labels[(at * 7) % 11 > 4]] for at in range(240)]
        return [f"x{HOSTILE}", f"\u202e{HOSTILE}", f"y{HOSTILE}"], rows
    load = {"breast-cancer": "breast_cancer"}.get(dataset, dataset)
    data: Any = getattr(datasets, f"load_{load}")()
    names = list(getattr(data, "target_names", []))
    labels = [names[label] if len(names) and dataset != "diabetes" else label for label in data.target]
    rows = [[*values, label] for values, label in zip(data.data.tolist(), labels, strict=True)]
    return [*map(str, data.feature_names), "target"], rows


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def _train(train: Path, target: str, folder: Path) -> None:
    places = {
        "SM_CHANNEL_TRAIN": train.parent,
        "SM_MODEL_DIR": folder / "model",
        "SM_OUTPUT_DATA_DIR": folder / "output",
    }
    for name in ("model", "output"):
        (folder / name).mkdir()
    environment = {
        **os.environ,
        **{name: str(place) for name, place in places.items()},
        "PYTHONPATH": str(ROOT / "layers/core"),
        "OMP_NUM_THREADS": "1",
    }
    script = str(ROOT / "training_scripts/xgboost/train.py")
    flags = {"train": train.name, "target": target, "num_round": "60", "max_depth": "3", "eta": "0.1"}
    command = [sys.executable, script, *(part for name, value in flags.items() for part in (f"--{name}", value))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own interpreter and script
    assert done.returncode == 0, done.stderr


def _run(dataset: str) -> Run:
    """As the ledger has it where the evaluator writes the report."""
    dropped = datetime(2026, 11, 12, tzinfo=UTC)
    name = HOSTILE if dataset == "hostile" else dataset
    steps = {"checked_at": 2, "launched_at": 3, "training_started_at": 70, "training_ended_at": 198}
    return a_run(
        run=f"traindrop-{dataset}-0123456789ab",
        dataset=name,
        key=f"datasets/{name}/train/train.csv",
        test_key=f"datasets/{name}/test/held out.csv",
        status=Status.COMPLETED,
        rows=712,
        columns=11,
        instance_type="ml.m5.large",
        billable_seconds=130,
        training_seconds=130,
        tariffs={"ml.m5.large": Tariff(hourly_usd=Decimal("0.115"), region="us-east-1", as_of=date(2026, 11, 1))},
        **{step: dropped + timedelta(seconds=seconds) for step, seconds in steps.items()},
    )
