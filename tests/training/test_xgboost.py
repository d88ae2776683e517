"""The training script alone, run for real under the container contract, on several kinds of data."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb
from sklearn import datasets
from tests.training.container import Container, assert_last_is_kept, bundled, mixed_rows
from training_scripts.xgboost import train as script

from traindrop import refitting, training_script
from traindrop.dataset import Schema, read
from traindrop.final_metrics import FinalMetrics
from traindrop.hyperparameters.builtin_xgboost import metric_definitions
from traindrop.objective_curve import ObjectiveCurve
from traindrop.predictions import by_booster
from traindrop.pruning import Limits
from traindrop.training_script import names
from traindrop_cli.rounds import Rounds

METRIC_LINE = re.compile(r"^\[(\d+)\]\ttrain-\w+:[0-9.e+-]+\t.*validation-\w+:[0-9.e+-]+$")


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, "xgboost")


def test_breast_cancer_is_told_apart(container: Container) -> None:
    truth = bundled(container, datasets.load_breast_cancer)
    output = container.trained(target="target")
    assert container.schema.task == "binary"
    assert np.mean(container.predictions().argmax(axis=1) == truth) > 0.93
    assert "validation-auc:" in output


def test_three_kinds_of_iris_are_told_apart(container: Container) -> None:
    truth = bundled(container, datasets.load_iris)
    output = container.trained(target="target", num_round=30)
    assert container.schema.task == "multiclass"
    predictions = container.predictions()
    assert predictions.sum(axis=1) == pytest.approx(np.ones(len(truth)), abs=1e-5)
    assert np.mean(predictions.argmax(axis=1) == truth) > 0.8  # by chance a third; 37 rows
    assert "validation-mlogloss:" in output


def test_diabetes_is_estimated_better_than_by_the_mean(container: Container) -> None:
    truth = bundled(container, datasets.load_diabetes)
    output = container.trained(target="target", max_depth=2)
    assert container.schema.task == "regression"
    errors = np.mean((container.predictions()[:, 0] - truth) ** 2)
    assert errors < 0.7 * np.var(truth)
    assert "validation-rmse:" in output


def test_strings_dates_and_missing_values_all_count(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(600, 1))
    test = mixed_rows(200, 2)
    container.put("test", "held out.csv", test)
    container.trained(target="Outcome")
    labels = [container.schema.columns[n].label for n in range(len(container.schema.columns))]
    assert {"when (month)", "größe, cm", "colour", "note (loudly)"} <= set(labels)
    assert "id" not in labels
    predicted = [container.schema.classes[n] for n in container.predictions().argmax(axis=1)]
    assert np.mean([found == row[-1] for found, row in zip(predicted, test[1:], strict=True)]) > 0.9


def test_the_saved_model_needs_no_pickle_and_predicts_as_the_script_did(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(200, 1))
    test = container.put("test", "test.csv", mixed_rows(50, 2))
    container.trained(target="Outcome", num_round=20)
    booster = xgb.Booster(model_file=container.base / "model/model.ubj")
    (batch,) = read(test, container.schema)
    features = np.frombuffer(batch.features, np.float32).reshape(batch.rows, -1)
    matrix = xgb.DMatrix(features, feature_types=container.schema.feature_types, enable_categorical=True)
    assert booster.predict(matrix) == pytest.approx(container.predictions()[:, 1], abs=1e-6)
    assert sorted(path.name for path in (container.base / "model").iterdir()) == ["dataset.json", "model.ubj"]


def test_a_large_file_is_trained_on_without_nan_and_a_test_file_is_read_the_same_way(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(25_100, 1))
    test = container.put("test", "test.csv", mixed_rows(200, 2))
    container.trained(target="Outcome", num_round=20)
    size, colour = (
        next(column for column in container.schema.columns if column.name == name) for name in ("größe, cm", "colour")
    )
    assert size.missing is not None
    assert colour.ordered
    assert set(container.schema.feature_types) == {"q"}
    model = by_booster(container.base / "model/model.ubj", container.schema)
    (batch,) = read(test, container.schema)
    assert not np.isnan(np.frombuffer(batch.features, np.float32)).any()
    assert model(batch) == pytest.approx(container.predictions()[:, 1], abs=1e-6)
    truth = np.array([row[-1] == "yes" for row in mixed_rows(200, 2)[1:]])
    assert np.mean((container.predictions()[:, 1] > 0.5) == truth) > 0.9


def test_the_log_has_sizes_times_and_one_metric_line_per_round(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    lines = container.trained(target="Outcome", num_round=7, drop='["note", "id"]').splitlines()
    assert lines[:2] == ["Train size: (80, 5)", "Validation size: (20, 5)"]
    rounds = [METRIC_LINE.match(line) for line in lines[2:9]]
    assert [int(found[1]) for found in rounds if found] == list(range(7))
    assert re.fullmatch(r"Training time: \d+\.\d\d seconds", lines[9])
    assert re.fullmatch(r"Trained again on all rows: \(100, 5\), \d+\.\d\d seconds", lines[10])
    assert lines[11] == f"Model saved to {container.base / 'model/model.ubj'}"
    assert re.fullmatch(r"Total time: \d+\.\d\d seconds", lines[12])


def test_metrics_json_has_each_round_as_the_log_has_it(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    output = container.trained(target="Outcome", num_round=5)
    metrics = container.read_json("output/data/metrics.json")
    logged = [float(value) for value in re.findall(r"validation-auc:([0-9.eE+-]+)", output)]
    assert metrics["validation"]["auc"] == pytest.approx(logged, abs=1e-5)
    assert len(metrics["train"]["logloss"]) == 5
    assert not (container.base / "output/data/predictions.csv").exists()


def test_early_stopping_keeps_the_rounds_of_the_best_one(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(150, 1))
    for refit in (True, False):
        container.trained(target="Outcome", num_round=500, early_stopping_rounds=5, eta=0.5, refit=refit)
        metrics = container.read_json("output/data/metrics.json")
        logloss = metrics["validation"]["logloss"]
        assert logloss[metrics["best_iteration"]] == min(logloss)
        assert len(logloss) < 500
    # Trained again on all rows: exactly as many rounds.
    container.trained(target="Outcome", num_round=500, early_stopping_rounds=5, eta=0.5)
    booster = xgb.Booster(model_file=container.base / "model/model.ubj")
    assert booster.num_boosted_rounds() == metrics["best_iteration"] + 1


def test_the_last_metrics_of_the_log_are_those_of_the_model_that_is_kept(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(150, 1))
    output = container.trained(target="Outcome", num_round=500, early_stopping_rounds=5, eta=0.5)
    metrics = container.read_json("output/data/metrics.json")
    assert_last_is_kept(output, metrics)
    # As SageMaker finds them by its own definitions, which cannot be overridden for this image.
    final = FinalMetrics(metric_definitions("binary"))
    curve, shown = ObjectiveCurve(metric_definitions("binary"), Limits("validation:auc", "maximize", {})), Rounds()
    for line in output.splitlines():
        final.read(line)
        curve.read(line)
        shown.add(line)
    found = {each["MetricName"]: each["Value"] for each in final.final()}
    values = metrics["validation"]["auc"]
    assert found["validation:auc"] == pytest.approx(values[metrics["best_iteration"]], abs=1e-5)
    # Nobody takes that line for one more round.
    assert max(curve.thinned()) == len(shown.series("auc")["validation"]) == len(values)


def test_the_same_seed_gives_the_same_model_and_another_seed_another(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    models = []
    for seed in (1, 1, 2):
        container.trained(target="Outcome", num_round=5, seed=seed)
        models.append((container.base / "model/model.ubj").read_bytes())
    assert models[0] == models[1]
    assert models[0] != models[2]


def test_without_validation_every_row_trains(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(50, 1))
    output = container.trained(target="Outcome", num_round=3, validation_fraction=0, early_stopping_rounds=2)
    assert "Validation size: (0, " in output
    assert "validation" not in container.read_json("output/data/metrics.json")


def test_every_row_of_the_test_file_has_a_prediction_even_without_labels(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(60, 1))
    container.put("test", "test.csv", [row[:-1] for row in mixed_rows(20, 2)])
    container.trained(target="Outcome", num_round=3)
    assert container.predictions().shape == (20, 2)


@pytest.mark.parametrize("drop", ['["note", "it\'s"]', "['note', \"it's\"]"])
def test_columns_to_drop_may_be_written_as_json_or_as_sagemaker_writes_a_list(drop: str) -> None:
    assert names(drop) == ("note", "it's")


def test_of_each_class_the_same_share_is_held_out_and_of_a_single_row_none() -> None:
    target = np.repeat([0.0, 1.0, 2.0], [90, 10, 1])
    schema = Schema("y", "multiclass", ("a", "b", "c"), ())
    training, validation = training_script.split(target, schema, 0.2, seed=1)
    assert np.bincount(target[validation].astype(int), minlength=3).tolist() == [18, 2, 0]
    assert sorted([*training, *validation]) == list(range(101))
    again, _ = training_script.split(target, schema, 0.2, seed=2)
    assert training.tolist() != again.tolist()


def failure(container: Container, **flags: object) -> str:
    message = container.failure(**flags)
    assert not (container.base / "model/model.ubj").exists()
    return message


def test_what_only_the_whole_file_shows_fails_with_a_message_for_the_person(container: Container) -> None:
    container.put("train", "one.csv", [["a", "y"], *[[n, "yes"] for n in range(40)]])
    assert failure(container, target="y").startswith("one.csv: the target column 'y' holds 'yes' in every row")


def test_a_ragged_row_far_down_is_named_by_its_line(container: Container) -> None:
    container.put("train", "far.csv", [["a", "y"], *[[n, n % 2] for n in range(20_000)], [1]])
    assert failure(container, target="y").startswith("far.csv: line 20002 has 1 fields, the header has 2")


def test_a_test_file_without_a_feature_column_is_named(container: Container) -> None:
    container.put("train", "train.csv", mixed_rows(60, 1))
    container.put("test", "short.csv", [["colour"], ["red"]])
    done = container.run(target="Outcome", num_round=2)
    assert done.returncode == 1
    assert "short.csv: line 1: only one column" in done.stderr


@pytest.mark.parametrize(
    ("files", "flag", "message"),
    [
        (["a.csv", "b.csv"], "", "expected one CSV file, found a.csv, b.csv. Name one with --train"),
        (["a.txt"], "", "expected one CSV file, found none"),
        (["a.csv"], "b.csv", "b.csv: there is no such file"),
    ],
)
def test_the_one_csv_of_the_channel_is_taken_else_its_name_is_asked_for(
    container: Container, files: list[str], flag: str, message: str
) -> None:
    for name in files:
        container.put("train", name, mixed_rows(50, 1))
    assert message in failure(container, target="Outcome", train=flag)


def test_of_two_csv_files_the_one_that_is_named_is_trained_on(container: Container) -> None:
    container.put("train", "a.csv", [["x"]])
    container.put("train", "b c.csv", mixed_rows(50, 1))
    assert "Train size: (40," in container.trained(target="Outcome", train="b c.csv", num_round=1)


@pytest.mark.parametrize(
    "flags", [{"max_dept": 3}, {"max_depth": "x"}, {"task": "guess"}, {"validation_fraction": 1}, {"refit": "maybe"}]
)
def test_a_flag_that_the_script_does_not_know_or_cannot_read_is_an_error(
    flags: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    with pytest.raises(SystemExit):
        script.arguments().parse_args(["--target", "y", *parts])
    assert next(iter(flags)) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "rows", "again"),
    [
        ([], 100, True),
        ([], refitting.ENOUGH_ROWS, False),
        (["--refit", "True"], refitting.ENOUGH_ROWS, True),  # as SageMaker writes true
        (["--refit", "false"], 100, False),
    ],
)
def test_the_model_is_trained_again_on_all_rows_where_that_is_asked_for_or_there_are_few(
    flags: list[str], rows: int, again: bool
) -> None:
    assert refitting.refits(script.arguments().parse_args(["--target", "y", *flags]).refit, rows) is again


def test_no_more_threads_than_processors_and_fewer_where_openmp_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert training_script.threads() == 4
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert training_script.threads() == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    assert training_script.threads() == 4
