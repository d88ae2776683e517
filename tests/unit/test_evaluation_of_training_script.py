"""What the real training script leaves behind, evaluated: the contract between the two."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from traindrop.evaluation import Evaluation, Subject, evaluate_model

REPO = Path(__file__).parents[2]
SCRIPT = REPO / "training_scripts/xgboost/train.py"
TITANIC = REPO.parent / "shared/data/titanic"
SUBJECT = Subject(run="r", dataset="d", model_uri="s3://b/runs/r/output/model.tar.gz")
LABELS = {"binary": ["stays", "goes"], "multiclass": ["low", "mid, dle", "hïgh"], "regression": []}


def train(folder: Path, train_csv: Path, test_csv: Path, *flags: str) -> str:
    """Run train.py under the container contract, in `folder`; its output."""
    for name in ("train", "test", "model", "output"):
        (folder / name).mkdir(parents=True)
    (folder / "train" / train_csv.name).write_bytes(train_csv.read_bytes())
    (folder / "test" / test_csv.name).write_bytes(test_csv.read_bytes())
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPO / "layers/core"),
        "OMP_NUM_THREADS": "1",
        "SM_CHANNEL_TRAIN": str(folder / "train"),
        "SM_CHANNEL_TEST": str(folder / "test"),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
    }
    command = [sys.executable, str(SCRIPT), *flags]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own interpreter and script
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_csv(path: Path, task: str, rows: int, seed: int) -> Path:
    random = np.random.default_rng(seed)
    size = random.normal(size=rows).round(3)
    kind = random.choice(["a", "b"], size=rows)
    noisy = size + (kind == "a") + random.normal(scale=0.3, size=rows)
    labels = LABELS[task]
    target = [labels[min(int(abs(value)), len(labels) - 1)] if labels else f"{value:.3f}" for value in noisy]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("size", "kind", "y"), *zip(size.tolist(), kind, target, strict=True)])
    return path


def evaluate(folder: Path, test_csv: Path | None) -> Evaluation:
    return evaluate_model(folder / "model", test_csv, output_dir=folder / "output", subject=SUBJECT)


@pytest.mark.parametrize("task", LABELS)
def test_the_model_that_the_script_saved_and_the_predictions_that_it_wrote_score_alike(
    tmp_path: Path, task: str
) -> None:
    test_csv = write_csv(tmp_path / "test.csv", task, 80, seed=2)
    train_csv = write_csv(tmp_path / "train.csv", task, 400, seed=1)
    lines = train(tmp_path / "job", train_csv, test_csv, "--target", "y", "--num_round", "9", "--max_depth", "3")

    by_model = evaluate(tmp_path / "job", test_csv)
    (tmp_path / "job/model/model.ubj").unlink()
    by_predictions = evaluate(tmp_path / "job", test_csv)

    assert by_model.task == by_predictions.task == task
    assert by_model.metrics.keys() == by_predictions.metrics.keys()
    for name, value in by_predictions.metrics.items():
        assert by_model.metrics[name] == pytest.approx(value, abs=1e-6), name
    assert by_model.confusion_matrix == by_predictions.confusion_matrix
    assert by_model.validation == by_predictions.validation != {}
    last = next(line for line in lines.splitlines() if line.startswith("[8]"))
    shown = {"binary": "logloss", "multiclass": "mlogloss", "regression": "rmse"}[task]
    printed = float(last.split(f"validation-{shown}:")[1].split()[0])
    assert by_model.validation[{"regression": "rmse"}.get(task, "log_loss")] == pytest.approx(printed, rel=1e-4)


def test_the_titanic_is_scored_without_knowing_it(tmp_path: Path) -> None:
    if not TITANIC.is_dir():
        pytest.skip(f"no Titanic data in {TITANIC}")
    test_csv = TITANIC / "titanic_test.csv"
    flags = ("--target", "Survived", "--max_depth", "3", "--eta", "0.1", "--num_round", "100")
    train(tmp_path, TITANIC / "titanic_train.csv", test_csv, *flags)
    found = evaluate(tmp_path, test_csv)
    assert found.scored is not None
    assert (found.scored.rows, found.scored.skipped_missing_label, found.scored.skipped_unseen_label) == (179, 0, 0)
    assert found.class_counts == {"0": 110, "1": 69}
    assert found.baseline["accuracy"] == pytest.approx(0.6145, abs=1e-4)
    assert found.intervals["accuracy"][0] > 0.6145
    assert evaluate(tmp_path, None).validation.keys() == {"accuracy", "auc", "log_loss"}
