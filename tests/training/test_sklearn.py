"""The training script of framework sklearn alone, run for real under the container contract.

Without a process of its own where nothing but the result counts: importing scikit-learn takes longer than a fit.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn import datasets
from sklearn.pipeline import Pipeline
from tests.training.container import Container, bundled, mixed_rows
from training_scripts.sklearn import train as script

from traindrop.dataset import DatasetError, Feature, Schema, read
from traindrop.errors import Rejected
from traindrop.hyperparameters.sklearn import ESTIMATORS, SklearnHyperparameters

# What the launcher sets from other fields of training.yaml.
OTHERS = {"help", "train", "test", "target", "task", "drop", "validation_fraction", "seed"}
# Enough to tell whether a forest learns, in a tenth of the time.
FEW: dict[str, dict[str, object]] = {
    name: {"n_estimators": 30, **({"learning_rate": 0.2} if "learning_rate" in values else {})}
    for name, values in script.ESTIMATORS.items()
    if "n_estimators" in values
}


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, "sklearn")


def fit(container: Container, monkeypatch: pytest.MonkeyPatch, **flags: object) -> None:
    """Run the script's main function in this process."""
    for name, value in container.environment().items():
        monkeypatch.setenv(name, value)
    flags = FEW.get(str(flags.get("estimator")), {}) | flags
    parts = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    monkeypatch.setattr(sys, "argv", ["train.py", *parts])
    script.main()


# Shares of right answers in the held-out rows: by chance 0.63 and 0.4.
@pytest.mark.parametrize("estimator", script.ESTIMATORS)
def test_each_estimator_tells_classes_apart(
    container: Container, monkeypatch: pytest.MonkeyPatch, estimator: str
) -> None:
    for loader in (datasets.load_breast_cancer, datasets.load_wine):
        truth = bundled(container, loader)
        fit(container, monkeypatch, target="target", estimator=estimator)
        predictions = container.predictions()
        assert predictions.sum(axis=1) == pytest.approx(np.ones(len(truth)))
        assert np.mean(predictions.argmax(axis=1) == truth) > 0.9


@pytest.mark.parametrize("estimator", script.ESTIMATORS)
def test_each_estimator_estimates_values_better_than_their_mean(
    container: Container, monkeypatch: pytest.MonkeyPatch, estimator: str
) -> None:
    truth = bundled(container, datasets.load_diabetes)
    fit(container, monkeypatch, target="target", estimator=estimator)
    assert np.mean((container.predictions()[:, 0] - truth) ** 2) < 0.75 * np.var(truth)


@pytest.mark.parametrize("estimator", script.ESTIMATORS)
def test_strings_dates_and_missing_values_all_count(
    container: Container, monkeypatch: pytest.MonkeyPatch, estimator: str
) -> None:
    container.put("train", "mixed.csv", mixed_rows(600, 1))
    test = mixed_rows(1000, 2)
    container.put("test", "held out.csv", test)
    fit(container, monkeypatch, target="Outcome", estimator=estimator)
    predicted = [container.schema.classes[n] for n in container.predictions().argmax(axis=1)]
    # Without any one of the columns it would be 0.82 at the most, whatever the estimator.
    assert np.mean([found == row[-1] for found, row in zip(predicted, test[1:], strict=True)]) > 0.84


def test_the_saved_pipeline_predicts_from_features_as_the_script_did(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(200, 1))
    test = container.put("test", "test.csv", mixed_rows(50, 2))
    lines = container.trained(target="Outcome", estimator="linear", C=0.5).splitlines()
    model = joblib.load(container.base / "model/model.joblib")
    assert isinstance(model, Pipeline)
    assert model.named_steps["estimator"].C == 0.5
    (batch,) = read(test, container.schema)
    features = np.frombuffer(batch.features, np.float32).reshape(batch.rows, -1).astype(np.float64)
    assert model.predict_proba(features) == pytest.approx(container.predictions())
    assert sorted(path.name for path in (container.base / "model").iterdir()) == ["dataset.json", "model.joblib"]

    assert lines[0].startswith("Train size: (160, ")
    assert lines[1].startswith("Validation size: (40, ")
    number = r"[0-9.e+-]+"
    metrics = [rf"{part}-{name}:{number}" for part in ("train", "validation") for name in ("error", "auc", "logloss")]
    assert re.fullmatch(r"\[0\]\t" + r"\t".join(metrics), lines[2])
    assert re.fullmatch(r"Training time: \d+\.\d\d seconds", lines[3])
    assert lines[4].startswith("Trained again on all rows: (200, ")
    assert lines[5] == f"Model saved to {container.base / 'model/model.joblib'}"
    assert re.fullmatch(r"Total time: \d+\.\d\d seconds", lines[6])
    metrics_file = container.read_json("output/data/metrics.json")
    assert f"validation-auc:{metrics_file['validation']['auc'][0]:.6g}" in lines[2]


def test_the_kept_model_saw_the_validation_rows_only_with_refit(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    seen = {}
    for refit in (True, False):
        fit(container, monkeypatch, target="Outcome", estimator="knn", refit=refit)
        seen[refit] = joblib.load(container.base / "model/model.joblib").named_steps["estimator"].n_samples_fit_
    assert seen == {True: 100, False: 80}


def test_boosting_stops_early_and_the_kept_model_has_as_many_rounds(
    container: Container, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    container.put("train", "mixed.csv", mixed_rows(300, 1))
    flags = {"target": "Outcome", "estimator": "gradient_boosting", "n_estimators": 300, "learning_rate": 0.5}
    rounds = []
    for refit in (False, True):
        fit(container, monkeypatch, **flags, early_stopping_rounds=5, refit=refit)
        model = joblib.load(container.base / "model/model.joblib").named_steps["estimator"]
        rounds.append((model.n_iter_, model.do_early_stopping_))
    assert rounds[0][0] == rounds[1][0] < 300
    assert [stopping for _, stopping in rounds] == [True, False]
    assert f"Stopped after round {rounds[0][0] - 1}" in capsys.readouterr().out


@pytest.mark.parametrize("target", [[0] * 30 + [1], [0, 1, 2, 3] * 4])
def test_early_stopping_with_too_few_rows_of_a_class_says_what_it_needs(target: list[int]) -> None:
    options = argparse.Namespace(estimator="gradient_boosting", seed=0)
    values = {**script.ESTIMATORS["gradient_boosting"], "early_stopping_rounds": 3}
    with pytest.raises(DatasetError, match="there are too few for that"):
        script.estimator("multiclass", options, values, np.array(target))
    assert script.estimator("regression", options, values, np.array(target)).n_iter_no_change == 3


def test_without_validation_every_row_trains(
    container: Container, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    container.put("train", "mixed.csv", mixed_rows(50, 1))
    fit(container, monkeypatch, target="Outcome", estimator="linear", validation_fraction=0)
    assert "again" not in capsys.readouterr().out
    assert list(container.read_json("output/data/metrics.json")) == ["train"]


def test_the_same_seed_gives_the_same_predictions(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled(container, datasets.load_wine)
    found = []
    for seed in (1, 1, 2):
        fit(container, monkeypatch, target="target", n_estimators=5, seed=seed)
        found.append(container.predictions().tolist())
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_a_category_in_few_rows_does_not_widen_the_matrix_without_end() -> None:
    categories = tuple(f"c{n:03}" for n in range(500))
    schema = Schema("y", "binary", ("a", "b"), (Feature("n", "number"), Feature("c", "category", categories)))
    codes = np.random.default_rng(0).integers(0, 500, 2000)
    features = np.stack([np.linspace(0, 1, 2000), codes], axis=1)
    features[::7, 0] = np.nan
    features[::9, 1] = np.nan
    widths = {n: script.preprocessing(schema, n).fit_transform(features).shape[1] for n in script.ESTIMATORS}
    assert widths["linear"] == 2 + script.MOST_CATEGORIES  # the number, its gaps, and the categories
    assert widths["gradient_boosting"] == 1 + script.MOST_CATEGORIES


def test_several_instances_are_refused_with_the_reason(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    container.put("train", "mixed.csv", mixed_rows(50, 1))
    monkeypatch.setenv("SM_HOSTS", '["algo-1","algo-2"]')
    with pytest.raises(SystemExit, match="This job has 2 instances, and scikit-learn fits a model on one"):
        fit(container, monkeypatch, target="Outcome")
    assert "Set instance_count to 1" in (container.base / "output/failure").read_text("utf-8")


def test_a_hyperparameter_of_another_estimator_fails_and_names_its_own(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(50, 1))
    message = container.failure(target="Outcome", estimator="linear", max_depth=3)
    assert message == "The estimator linear has no hyperparameter max_depth. It has: C, max_iter."


def test_support_vectors_with_a_class_of_one_row_say_what_they_need() -> None:
    options = argparse.Namespace(estimator="svm", seed=0)
    with pytest.raises(DatasetError, match="needs two training rows of each class"):
        script.estimator("multiclass", options, script.ESTIMATORS["svm"], np.array([0, 0, 1, 1, 2]))


@pytest.mark.parametrize("flags", [["--max_dept", "3"], ["--estimator", "lasso"], ["--C", "x"]])
def test_a_flag_that_the_script_does_not_know_or_cannot_read_is_an_error(flags: list[str]) -> None:
    with pytest.raises(SystemExit):
        script.arguments().parse_args(["--target", "y", *flags])


def test_the_table_names_the_flags_of_the_training_script_with_their_defaults() -> None:
    flags = {action.dest: action.default for action in script.arguments()._actions if action.dest not in OTHERS}
    assert {name: field.default for name, field in SklearnHyperparameters.model_fields.items()} == flags
    assert {name: tuple(own) for name, own in script.ESTIMATORS.items()} == ESTIMATORS


@pytest.mark.parametrize("estimator", script.ESTIMATORS)
def test_the_defaults_of_each_estimator_are_within_the_limits(estimator: str) -> None:
    given = {"estimator": estimator, "refit": False, **script.ESTIMATORS[estimator]}
    found = SklearnHyperparameters.checked(given, framework="sklearn")
    assert found.model_dump(exclude_none=True) == given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_dept": 3}, r"hyperparameters\.max_dept: there is no such hyperparameter. Those of sklearn are: est"),
        ({"estimator": "lasso"}, "estimator: found 'lasso'; it should be 'linear', 'random_forest'"),
        ({"n_estimators": 0}, "n_estimators: found 0"),
        ({"C": 2}, r"hyperparameters\.C: the estimator random_forest has no such.*n_estimators, max_depth"),
        ({"estimator": "knn", "C": 1}, r"the estimator knn has no such hyperparameter. Those of knn are: n_neighbors"),
    ],
)
def test_what_the_script_would_not_take_is_rejected_before(given: dict[str, Any], message: str) -> None:
    with pytest.raises(Rejected, match=message):
        SklearnHyperparameters.checked(given, framework="sklearn")
