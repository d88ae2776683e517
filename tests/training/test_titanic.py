"""The acceptance of the training script: on the lesson's data, with the lesson's settings, without knowing them.

179 test rows carry a standard error of 0.03 and a seed alone moves accuracy by 0.04, so means over ten seeds are
compared. No rule and no setting was chosen by the test rows: rules were chosen by cross-validation on the training
rows and on other data (docs/decisions.md), settings are the lesson's.
"""

import csv
import os
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xgboost as xgb
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data/titanic"
TRAIN, TEST = DATA / "titanic_train.csv", DATA / "titanic_test.csv"
SETTINGS = {"max_depth": 3, "eta": 0.1, "subsample": 0.8, "colsample_bytree": 0.8}
ROUNDS = 100
SEEDS = range(42, 52)

pytestmark = pytest.mark.skipif(not TRAIN.exists(), reason=f"the Titanic data is not at {DATA}")

Array = npt.NDArray[np.float64]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def auc(truth: Array, score: Array) -> float:
    """The share of pairs of a positive and a negative row that the score puts in order."""
    differences = score[truth == 1][:, None] - score[truth == 0][None, :]
    return float(np.mean(differences > 0) + np.mean(differences == 0) / 2)


def by_our_script(seed: int, folder: Path) -> Array:
    for name, file in (("train", TRAIN), ("test", TEST)):
        (folder / name).mkdir(parents=True)
        (folder / name / file.name).write_bytes(file.read_bytes())
    for name in ("model", "output"):
        (folder / name).mkdir()
    environment = {
        "SM_CHANNEL_TRAIN": folder / "train",
        "SM_CHANNEL_TEST": folder / "test",
        "SM_MODEL_DIR": folder / "model",
        "SM_OUTPUT_DATA_DIR": folder / "output",
        "PYTHONPATH": ROOT / "layers/core",
        "OMP_NUM_THREADS": 1,
    }
    flags = {**SETTINGS, "num_round": ROUNDS, "target": "Survived", "seed": seed}
    command = [sys.executable, str(ROOT / "training_scripts/xgboost/train.py")]
    command += [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    subprocess.run(  # noqa: S603 - our own interpreter and script
        command, env={**os.environ, **{k: str(v) for k, v in environment.items()}}, check=True, capture_output=True
    )
    predictions = rows_of(folder / "output/predictions.csv")
    return np.array([float(row["probability_1"]) for row in predictions])


def by_the_lesson(seed: int) -> Array:
    """The lesson's preprocessing, which knows Titanic, and its script; the seed is of the split and the training.

    One seed of the lesson's own run, with xgboost 2.1.2, gave accuracy 0.816 and AUC 0.806.
    """
    train, test = rows_of(TRAIN), rows_of(TEST)
    ages = statistics.median(float(row["Age"]) for row in train if row["Age"])
    port = Counter(row["Embarked"] for row in train if row["Embarked"]).most_common(1)[0][0]

    def features(rows: list[dict[str, str]]) -> Array:
        numbers = ("PassengerId", "Pclass", "SibSp", "Parch", "Fare")
        return np.array(
            [
                [float(row[name]) for name in numbers]
                + [
                    float(row["Age"] or ages),
                    ["male", "female"].index(row["Sex"]),
                    "SCQ".index(row["Embarked"] or port),
                ]
                for row in rows
            ]
        )

    target = np.array([float(row["Survived"]) for row in train])
    kept, _ = train_test_split(np.arange(len(train)), test_size=0.2, random_state=seed)
    parameters: dict[str, Any] = {**SETTINGS, "objective": "binary:logistic", "seed": seed, "nthread": 1}
    booster = xgb.train(parameters, xgb.DMatrix(features(train)[kept], target[kept]), ROUNDS)
    return np.asarray(booster.predict(xgb.DMatrix(features(test))), dtype=np.float64)


def test_ten_seeds_are_on_average_as_good_as_the_lessons_own_preprocessing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = np.array([float(row["Survived"]) for row in rows_of(TEST)])
    ours = [by_our_script(seed, tmp_path / str(seed)) for seed in SEEDS]
    lesson = [by_the_lesson(seed) for seed in SEEDS]
    figures: dict[str, tuple[float, float]] = {}
    for name, predictions in (("traindrop", ours), ("the lesson", lesson)):
        accuracies = [float(np.mean((score > 0.5) == truth)) for score in predictions]
        areas = [auc(truth, score) for score in predictions]
        figures[name] = statistics.mean(accuracies), statistics.mean(areas)
        with capsys.disabled():
            print(
                f"\nTitanic, {len(SEEDS)} seeds, {name}: accuracy {figures[name][0]:.4f} ± "
                f"{statistics.stdev(accuracies):.4f}, AUC {figures[name][1]:.4f} ± {statistics.stdev(areas):.4f}"
            )
    assert figures["traindrop"][0] >= figures["the lesson"][0]
    assert figures["traindrop"][1] >= figures["the lesson"][1]
