"""Models trained here, for real, on small files, and scored; then everything that can be wrong with them."""

import csv
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from sklearn import metrics as oracle

from traindrop.dataset import Schema, fit_schema, read
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Evaluation, Subject, evaluate_archives, evaluate_model

SUBJECT = Subject(
    run="stack-flowers-0123456789ab", dataset="flowers", model_uri="s3://bucket/runs/r/output/model.tar.gz"
)
HEADER = ["length", "colour", "label"]
OBJECTIVES: dict[str, dict[str, object]] = {
    "binary": {"objective": "binary:logistic"},
    "multiclass": {"objective": "multi:softprob", "num_class": 3},
    "regression": {"objective": "reg:squarederror"},
}


def write_csv(path: Path, rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def some_rows(task: str, count: int, seed: int) -> list[list[object]]:
    """A number and a category that say something, not all, about the label."""
    random = np.random.default_rng(seed)
    lengths, colours = random.normal(size=count).round(3), random.choice(["red", "blü", ""], size=count)
    noisy = lengths + (colours == "red") + random.normal(scale=0.5, size=count)
    labels: Sequence[object] = noisy.round(3).tolist()
    if task != "regression":
        names = ["no", "yes"] if task == "binary" else ["a", "b", "c"]
        labels = [names[int(value > 0) + int(value > 1 and task == "multiclass")] for value in noisy]
    return [list(row) for row in zip(lengths.tolist(), colours.tolist(), labels, strict=True)]


def train(folder: Path, task: str, **parameters: object) -> Schema:
    """What a training script does, in short: model.ubj and dataset.json in `folder`."""
    folder.mkdir(exist_ok=True)
    file = write_csv(folder / "train.csv", some_rows(task, 300, seed=1))
    schema = fit_schema(file, "label", task)
    (batch,) = read(file, schema)
    assert batch.labels is not None
    data = xgboost.DMatrix(
        np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, -1),
        np.frombuffer(batch.labels),
        feature_types=schema.feature_types,
        enable_categorical=True,
    )
    booster = xgboost.train({"nthread": 1, "max_depth": 2, **OBJECTIVES[task], **parameters}, data, 8)
    booster.save_model(folder / "model.ubj")
    (folder / "dataset.json").write_text(json.dumps(schema.to_json()), encoding="utf-8")
    file.unlink()
    return schema


def predict(folder: Path, file: Path, schema: Schema) -> Any:
    """Predictions by another way than the evaluation's: DMatrix and Booster.predict."""
    (batch,) = read(file, schema)
    features = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, -1)
    data = xgboost.DMatrix(features, feature_types=schema.feature_types, enable_categorical=True)
    return xgboost.Booster(model_file=folder / "model.ubj").predict(data)


def evaluate(folder: Path, test: Path | None, output: Path | None = None, **about: Any) -> Evaluation:
    subject = Subject(**{**vars(SUBJECT), **about})
    return evaluate_model(folder, test, output_dir=output, subject=subject)


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("binary")
    train(folder, "binary")
    return folder


@pytest.fixture
def test_csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "test.csv", some_rows("binary", 120, seed=2))


def test_a_binary_model_scores_as_scikit_learn_says(binary: Path, test_csv: Path) -> None:
    found = evaluate(binary, test_csv, test_file="datasets/flowers/test/a b.csv")
    rows = some_rows("binary", 120, seed=2)
    truth = np.array([row[2] == "yes" for row in rows])
    schema = Schema.from_json(json.loads((binary / "dataset.json").read_text(encoding="utf-8")))
    probability = predict(binary, test_csv, schema)
    assert found.metrics["auc"] == pytest.approx(oracle.roc_auc_score(truth, probability), abs=1e-9)
    assert found.metrics["accuracy"] == pytest.approx(oracle.accuracy_score(truth, probability > 0.5), abs=1e-9)
    assert found.confusion_matrix == oracle.confusion_matrix(truth, probability > 0.5).tolist()
    assert (found.metrics["auc"] or 0) > 0.8
    assert found.intervals.keys() == found.metrics.keys() - {"calibration_error"}
    assert found.main_metric == "auc"
    assert found.classes == ("no", "yes")
    assert found.class_counts == {"no": int((~truth).sum()), "yes": int(truth.sum())}
    assert found.baseline["accuracy"] == pytest.approx(max(truth.mean(), 1 - truth.mean()))
    assert found.baseline["auc"] == 0.5
    assert found.timings.keys() == {"load", "predict", "score", "explain", "look"}
    assert found.scored is not None
    assert found.scored.file == "datasets/flowers/test/a b.csv"
    assert found.scored.rows == 120
    assert found.scored.digest == f"sha256:{hashlib.sha256(test_csv.read_bytes()).hexdigest()}"


def test_a_multiclass_model_scores_as_scikit_learn_says(tmp_path: Path) -> None:
    schema = train(tmp_path, "multiclass")
    rows = some_rows("multiclass", 90, seed=3)
    file = write_csv(tmp_path / "test.csv", rows)
    found = evaluate(tmp_path, file)
    truth = ["abc".index(str(row[2])) for row in rows]
    probabilities = predict(tmp_path, file, schema)
    assert found.metrics["accuracy"] == oracle.accuracy_score(truth, probabilities.argmax(axis=1))
    area = oracle.roc_auc_score(truth, probabilities, multi_class="ovr")
    assert found.metrics["auc"] == pytest.approx(area, abs=1e-9)
    assert (found.main_metric, list(found.class_counts)) == ("accuracy", ["a", "b", "c"])


def test_a_regression_model_scores_as_scikit_learn_says(tmp_path: Path) -> None:
    schema = train(tmp_path, "regression")
    rows = some_rows("regression", 90, seed=3)
    file = write_csv(tmp_path / "test.csv", rows)
    found = evaluate(tmp_path, file)
    truth, prediction = [row[2] for row in rows], predict(tmp_path, file, schema)
    assert found.metrics["rmse"] == pytest.approx(oracle.root_mean_squared_error(truth, prediction), abs=1e-6)
    assert (found.metrics["rmse"] or np.inf) < (found.baseline["rmse"] or 0)
    assert (found.main_metric, found.class_counts, found.confusion_matrix) == ("rmse", {}, None)
    assert found.intervals.keys() == {"rmse", "mae", "r2", "mape"} == found.metrics.keys()


def test_only_the_rounds_up_to_the_best_one_predict(tmp_path: Path, test_csv: Path) -> None:
    schema = train(tmp_path, "binary")
    booster = xgboost.Booster(model_file=tmp_path / "model.ubj")
    whole = evaluate(tmp_path, test_csv).metrics["log_loss"]
    booster.set_attr(best_iteration="2")
    booster.save_model(tmp_path / "model.ubj")
    best = evaluate(tmp_path, test_csv).metrics["log_loss"]
    booster[:3].save_model(tmp_path / "model.ubj")
    truth = [row[2] == "yes" for row in some_rows("binary", 120, seed=2)]
    assert best == pytest.approx(oracle.log_loss(truth, predict(tmp_path, test_csv, schema)), abs=1e-6)
    assert best != pytest.approx(whole, abs=1e-3)


def test_an_evaluation_survives_json_with_its_schema_number_and_without_nan(binary: Path, tmp_path: Path) -> None:
    one_class = write_csv(tmp_path / "test.csv", [row for row in some_rows("binary", 50, 4) if row[2] == "no"])
    found = evaluate(binary, one_class)
    text = found.model_dump_json(indent=2)
    assert json.loads(text)["schema"] == 1
    assert json.loads(text)["metrics"]["auc"] is None
    assert "NaN" not in text
    assert Evaluation.model_validate_json(text) == found
    assert found.main_metric == "accuracy"


@pytest.mark.parametrize(("metric", "leads"), [("f1", "f1"), ("rmse", "auc"), (None, "auc")])
def test_the_metric_asked_for_leads_if_the_task_has_it(
    binary: Path, test_csv: Path, metric: str | None, leads: str
) -> None:
    assert evaluate(binary, test_csv, metric=metric).main_metric == leads


def test_rows_without_a_known_label_are_skipped_and_counted(binary: Path, tmp_path: Path) -> None:
    rows = some_rows("binary", 60, seed=5)
    odd: list[list[object]] = [[1.0, "red", ""], [1.0, "red", "NA"], [1.0, "red", "maybe"], [1.0, "red", "maybe"]]
    clean = evaluate(binary, write_csv(tmp_path / "clean.csv", rows))
    mixed = evaluate(binary, write_csv(tmp_path / "mixed.csv", [*odd, *rows]))
    assert mixed.scored is not None
    assert mixed.scored.rows == 60
    assert (mixed.scored.skipped_missing_label, mixed.scored.skipped_unseen_label) == (2, 2)
    assert mixed.scored.unseen_labels == ("maybe",)
    assert mixed.metrics == clean.metrics


def test_columns_are_found_by_name_in_any_order_among_others(binary: Path, tmp_path: Path, test_csv: Path) -> None:
    rows = [[label, "x", colour, length] for length, colour, label in some_rows("binary", 120, seed=2)]
    other = write_csv(tmp_path / "other.csv", rows, header=["label", "more", "colour", "length"])
    assert evaluate(binary, other).metrics == evaluate(binary, test_csv).metrics


def test_a_file_of_many_batches_scores_as_one(binary: Path, tmp_path: Path) -> None:
    rows = some_rows("binary", 1000, seed=6)
    once = evaluate(binary, write_csv(tmp_path / "once.csv", rows))
    many = evaluate(binary, write_csv(tmp_path / "many.csv", rows * 70))
    assert many.scored is not None
    assert many.scored.rows == 70_000
    assert many.metrics["auc"] == pytest.approx(once.metrics["auc"], abs=1e-12)


METRICS_JSON = {
    "best_iteration": 1,
    "train": {"auc": [0.9, 0.95, 0.99]},
    "validation": {"logloss": [0.6, 0.4, 0.5], "error": [0.3, 0.2, 0.25], "auc": [0.7, 0.8, 0.75]},
}


def test_without_a_test_file_there_are_only_validation_metrics_of_the_best_round(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(json.dumps(METRICS_JSON))
    found = evaluate(binary, None, tmp_path)
    assert found.scored is None
    assert found.metrics == {}
    assert found.validation == {"log_loss": 0.4, "accuracy": 0.8, "auc": 0.8}
    assert found.main_metric == "auc"


def test_without_a_best_round_the_last_one_counts(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(json.dumps({"validation": {"rmse": [3, 2, 2.5], "mae": 1}}))
    assert evaluate(binary, None, tmp_path).validation == {"rmse": 2.5, "mae": 1.0}


def test_with_neither_test_file_nor_metrics_nothing_is_made_up(binary: Path, tmp_path: Path) -> None:
    found = evaluate(binary, None, tmp_path)
    assert (found.metrics, found.validation, found.main_metric) == ({}, {}, None)


def predictions_of(folder: Path, file: Path, output: Path) -> list[list[object]]:
    """predictions.csv as a training script of another framework would write it; the header first."""
    schema = Schema.from_json(json.loads((folder / "dataset.json").read_text(encoding="utf-8")))
    probability = predict(folder, file, schema).astype(float).tolist()
    output.mkdir(exist_ok=True)
    rows = [[row, 1 - p, p] for row, p in enumerate(probability)]
    return [["row", "probability_no", "probability_yes"], *rows]


@pytest.fixture
def other_framework(binary: Path, test_csv: Path, tmp_path: Path) -> Path:
    """A model folder without a model that could be read, and beside it `output`."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "dataset.json").write_bytes((binary / "dataset.json").read_bytes())
    header, *rows = predictions_of(binary, test_csv, tmp_path / "output")
    write_csv(tmp_path / "output/predictions.csv", rows, header=[str(name) for name in header])
    return folder


def test_a_model_of_another_framework_is_scored_by_its_predictions(
    binary: Path, other_framework: Path, test_csv: Path
) -> None:
    found = evaluate(other_framework, test_csv, other_framework.parent / "output")
    for name, value in evaluate(binary, test_csv).metrics.items():
        assert found.metrics[name] == pytest.approx(value, abs=1e-6)


def test_predictions_may_stand_in_any_order(other_framework: Path, test_csv: Path) -> None:
    output = other_framework.parent / "output"
    found = evaluate(other_framework, test_csv, output)
    header, *lines = (output / "predictions.csv").read_text().splitlines()
    (output / "predictions.csv").write_text("\n".join([header, *reversed(lines)]))
    assert evaluate(other_framework, test_csv, output).metrics == found.metrics


def replace_line(number: int, text: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:number], text, *lines[number + 1 :]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: lines[:-1], "has 119 predictions for the 120 rows of the test file; .* is row 119"),
        (lambda lines: [*lines, "120,0.5,0.5"], "line 122: row 120 is beyond the 120 rows"),
        (lambda lines: [*lines, "7,0.5,0.5"], "line 122: row 7 is there twice"),
        (replace_line(0, "row,no,yes"), "no column 'probability_no', 'probability_yes'; its columns are 'row', 'no'"),
        (replace_line(3, "2,nan,0.5"), "line 4: '2,nan,0.5' is no row number with 2 finite"),
        (replace_line(3, "2,high,low"), "line 4: '2,high,low' is no row number"),
        (replace_line(3, "2,0.5"), "line 4: '2,0.5' is no row number"),
        (replace_line(3, "2,0.9,0.9"), r"probabilities of row 2 are \[0.9, 0.9\]"),
        (replace_line(3, "2,-0.5,1.5"), "probabilities of row 2"),
        (replace_line(3, "-1,0.5,0.5"), "row -1 is beyond"),
        (replace_line(3, "\ufffe\x00"), "line 4"),
        (lambda _: [], "no column 'row'"),
    ],
)
def test_predictions_that_are_wrong_or_short_are_named(
    other_framework: Path, test_csv: Path, change: Callable[[list[str]], list[str]], reason: str
) -> None:
    file = other_framework.parent / "output/predictions.csv"
    file.write_text("\n".join(change(file.read_text().splitlines())), encoding="utf-8")
    with pytest.raises(EvaluationFailed, match=reason):
        evaluate(other_framework, test_csv, file.parent)


def test_predictions_in_another_encoding_are_named(other_framework: Path, test_csv: Path) -> None:
    file = other_framework.parent / "output/predictions.csv"
    file.write_bytes(b"row,probability_no,probability_yes\n\xff")
    with pytest.raises(EvaluationFailed, match=r"predictions\.csv cannot be read as CSV in UTF-8"):
        evaluate(other_framework, test_csv, file.parent)


def test_without_model_and_predictions_the_message_says_what_to_write(other_framework: Path, test_csv: Path) -> None:
    (other_framework.parent / "output/predictions.csv").unlink()
    with pytest.raises(EvaluationFailed, match=r"no predictions\.csv.*SM_OUTPUT_DATA_DIR"):
        evaluate(other_framework, test_csv, other_framework.parent / "output")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("length,colour\n1,red\n", "test.csv: there is no column 'label', the target"),
        ("length,label\n1,yes\n", "test.csv: .*no column 'colour'"),
        ("length,colour,label\n", "test.csv: the file has a header and no rows"),
        ("", "test.csv: "),
        ("length,colour,label\n1,red\n", "test.csv: .*line 2"),
        ("length,colour,label\n1,red,\n2,red,NA\n", "test.csv: column 'label' is empty in all 2 rows"),
        ("length,colour,label\n1,red,Yes\n2,red,No\n", "holds 'Yes', 'No' and no label .* expected 'no', 'yes'"),
    ],
)
def test_a_test_file_that_cannot_be_scored_is_named_with_what_is_wrong(
    binary: Path, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "test.csv").write_text(text)
    with pytest.raises(EvaluationFailed, match=reason):
        evaluate(binary, tmp_path / "test.csv")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, r"model\.tar\.gz holds no dataset\.json"),
        (b"{", r"dataset\.json is not JSON"),
        (b"\xff", r"dataset\.json is not JSON"),
        (b"[]", r"dataset\.json is not a JSON object"),
        (b'{"schema": 2}', r"dataset\.json cannot be read"),
        (b'{"schema": 1}', r"dataset\.json cannot be read"),
        (b'{"schema": 1, "target": "y", "task": "binary", "classes": [], "columns": [7]}', "cannot be read"),
        (b'{"schema": 1, "target": "y", "task": "guess", "classes": [], "columns": []}', "'guess' with 0 classes"),
        (
            b'{"schema":1,"target":"y","task":"binary","classes":["a"],"columns":[{"name":"x","kind":"number"}]}',
            "'binary' with 1 classes",
        ),
    ],
)
def test_a_corrupt_dataset_json_is_named(
    binary: Path, test_csv: Path, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    (tmp_path / "model.ubj").write_bytes((binary / "model.ubj").read_bytes())
    if content is not None:
        (tmp_path / "dataset.json").write_bytes(content)
    with pytest.raises(EvaluationFailed, match=reason):
        evaluate(tmp_path, test_csv)


@pytest.mark.parametrize("content", [b"", b"not a model", b"{}", b"L\x00\x01", b"{" * 1000])
def test_a_model_that_cannot_be_read_is_named(binary: Path, test_csv: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dataset.json").write_bytes((binary / "dataset.json").read_bytes())
    (tmp_path / "model.ubj").write_bytes(content)
    with pytest.raises(EvaluationFailed, match=r"model\.ubj cannot be read as an XGBoost model"):
        evaluate(tmp_path, test_csv)


def test_a_model_of_another_data_set_is_refused(binary: Path, test_csv: Path, tmp_path: Path) -> None:
    document = json.loads((binary / "dataset.json").read_text(encoding="utf-8"))
    document["columns"].append({"name": "length", "kind": "number"})
    (tmp_path / "dataset.json").write_text(json.dumps(document))
    (tmp_path / "model.ubj").write_bytes((binary / "model.ubj").read_bytes())
    with pytest.raises(EvaluationFailed, match=r"trained on 2 features and dataset\.json names 3"):
        evaluate(tmp_path, test_csv)


def test_a_linear_model_of_xgboost_is_refused_with_what_to_do(binary: Path, test_csv: Path, tmp_path: Path) -> None:
    rows = xgboost.DMatrix(np.array([[1, 2], [2, 1]], dtype=np.float32), label=[0, 1])
    linear = {"booster": "gblinear", "objective": "binary:logistic", "nthread": 1}
    xgboost.train(linear, rows, 1).save_model(tmp_path / "model.ubj")
    (tmp_path / "dataset.json").write_bytes((binary / "dataset.json").read_bytes())
    with pytest.raises(EvaluationFailed, match=r"model\.ubj is a linear model.*gbtree or dart"):
        evaluate(tmp_path, test_csv)


@pytest.mark.parametrize(
    ("task", "parameters", "reason"),
    [
        ("multiclass", {"objective": "multi:softmax"}, "predicts 1 value.*multi:softprob"),
        ("binary", {"objective": "binary:logitraw"}, "no probabilities.*binary:logistic"),
    ],
)
def test_an_objective_that_gives_no_probabilities_is_named(
    tmp_path: Path, task: str, parameters: dict[str, object], reason: str
) -> None:
    train(tmp_path, task, **parameters)
    with pytest.raises(EvaluationFailed, match=reason):
        evaluate(tmp_path, write_csv(tmp_path / "test.csv", some_rows(task, 30, seed=7)))


def test_corrupt_training_metrics_are_named(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text("{")
    with pytest.raises(EvaluationFailed, match=r"metrics\.json is not JSON"):
        evaluate(binary, None, tmp_path)


def pack(path: Path, folder: Path) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for file in sorted(folder.iterdir()):
            info = tarfile.TarInfo(file.name)
            content = file.read_bytes()
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_the_archives_of_a_training_job_are_evaluated_as_they_are(binary: Path, test_csv: Path, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output/metrics.json").write_text(json.dumps(METRICS_JSON))
    model = pack(tmp_path / "model.tar.gz", binary)
    output = pack(tmp_path / "output.tar.gz", tmp_path / "output")
    found = evaluate_archives(model, output, test_csv, tmp_path / "work", subject=SUBJECT)
    assert found.metrics == evaluate(binary, test_csv).metrics
    assert found.validation["auc"] == 0.8
    assert evaluate_archives(model, None, None, tmp_path / "again", subject=SUBJECT).scored is None
