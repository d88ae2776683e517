"""Runs of scripts that know nothing of traindrop: scored by their predictions alone."""

import csv
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Evaluation, Predicted, Subject, evaluate_model

SUBJECT = Subject(run="r", dataset="d", model_uri="s3://b/runs/r/output/model.tar.gz")


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";" if path.name == "german.csv" else ",").writerows([header, *rows])
    return path


def evaluate(folder: Path, test: Path | None, **about: Any) -> Evaluation:
    (folder / "model").mkdir(exist_ok=True)
    (folder / "output").mkdir(exist_ok=True)
    subject = Subject(**{**vars(SUBJECT), "target": "y", **about})
    return evaluate_model(folder / "model", test, output_dir=folder / "output", subject=subject)


def test_the_classes_are_those_that_have_probabilities_and_the_second_is_the_positive_one(tmp_path: Path) -> None:
    test = write(tmp_path / "test.csv", ["x", "y"], [[1, "no"], [2, "yes"], [3, "yes"], [4, "no"]])
    rows = [[0, 0.1, 0.9], [1, 0.8, 0.2], [2, 0.9, 0.1], [3, 0.6, 0.4]]
    write(tmp_path / "output/predictions.csv", ["row", "probability_yes", "probability_no"], rows)
    found = evaluate(tmp_path, test)
    assert (found.task, found.classes, found.target) == ("binary", ("no", "yes"), "y")
    assert found.metrics["accuracy"] == 0.75
    assert found.confusion_matrix == [[1, 1], [0, 2]]
    assert found.scored is not None
    assert found.scored.rows == 4


@pytest.mark.parametrize("task", ["auto", "multiclass"])
def test_classes_that_are_numbers_are_compared_by_value(tmp_path: Path, task: str) -> None:
    test = write(tmp_path / "test.csv", ["x", "y"], [["a", 2], ["b", 10], ["c", "1.0"]])
    columns = ["row", "probability_10", "probability_2", "probability_1"]
    rows = [[0, 0, 1, 0], [1, 1, 0, 0], [2, 0, 0, 1]]
    write(tmp_path / "output/predictions.csv", columns, rows)
    found = evaluate(tmp_path, test, task=task)
    assert (found.task, found.classes, found.metrics["accuracy"]) == ("multiclass", ("1", "2", "10"), 1.0)


@pytest.mark.parametrize("task", ["auto", "regression"])
def test_a_prediction_for_each_row_is_a_regression(tmp_path: Path, task: str) -> None:
    test = write(tmp_path / "german.csv", ["x", "y"], [["a", "1,5"], ["b", "2,5"], ["c", "-1"]])
    write(tmp_path / "output/predictions.csv", ["row", "prediction"], [[0, 1.5], [1, 3.5], [2, -1]])
    found = evaluate(tmp_path, test, task=task)
    assert found.task == "regression"
    assert found.metrics["mae"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("columns", "task", "expected"),
    [
        (["row", "prediction"], "binary", "probability_<class>"),
        (["row", "probability_a", "probability_b"], "regression", "row and prediction"),
        (["id", "score"], "auto", "'id', 'score'"),
        ([], "auto", "(none)"),
    ],
)
def test_predictions_of_another_kind_than_the_task_are_named(
    tmp_path: Path, columns: list[str], task: str, expected: str
) -> None:
    test = write(tmp_path / "test.csv", ["x", "y"], [["a", 1], ["b", 2]])
    write(tmp_path / "output/predictions.csv", columns, [])
    with pytest.raises(EvaluationFailed) as caught:
        evaluate(tmp_path, test, task=task)
    assert expected in str(caught.value)


def test_without_predictions_the_person_is_told_where_to_write_them(tmp_path: Path) -> None:
    with pytest.raises(EvaluationFailed, match=r"SM_OUTPUT_DATA_DIR/predictions\.csv"):
        evaluate(tmp_path, write(tmp_path / "test.csv", ["x", "y"], [["a", 1], ["b", 2]]))


def test_too_few_predictions_are_named_by_the_first_row_without_one(tmp_path: Path) -> None:
    test = write(tmp_path / "test.csv", ["x", "y"], [[1, "a"], [2, "b"], [3, "a"]])
    write(tmp_path / "output/predictions.csv", ["row", "probability_a", "probability_b"], [[0, 1, 0], [2, 1, 0]])
    with pytest.raises(EvaluationFailed, match="row 1"):
        evaluate(tmp_path, test)


def test_without_a_test_file_what_the_job_reported_is_all_there_is(tmp_path: Path) -> None:
    found = evaluate(tmp_path, None, task="binary", validation={"auc": 0.8})
    assert (found.scored, found.main_metric, found.validation) == (None, "auc", {"auc": 0.8})
    assert evaluate(tmp_path, None).main_metric is None


LABELS = st.lists(
    st.tuples(st.sampled_from(["no", "yes", "", "nan", "maybe"]), st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0])),
    min_size=1,
    max_size=30,
).filter(lambda rows: any(label in ("no", "yes") for label, _ in rows))


@given(LABELS)
@settings(max_examples=60, deadline=None)
def test_rows_without_a_label_or_with_one_never_seen_count_for_nothing(rows: list[tuple[str, float]]) -> None:
    """The metrics are scikit-learn's of the others."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        test = write(folder / "test.csv", ["x", "y"], [[number, label] for number, (label, _) in enumerate(rows)])
        lines = [[number, 1 - score, score] for number, (_, score) in enumerate(rows)]
        write(folder / "output/predictions.csv", ["row", "probability_no", "probability_yes"], lines)
        found = evaluate(folder, test)
    known = [(label == "yes", score) for label, score in rows if label in ("no", "yes")]
    truth, scores = np.array([one for one, _ in known]), np.array([score for _, score in known])
    assert found.scored is not None
    assert found.scored.rows == len(known)
    assert found.scored.skipped_unseen_label == sum(label == "maybe" for label, _ in rows)
    assert found.metrics["accuracy"] == pytest.approx(oracle.accuracy_score(truth, scores > 0.5), abs=1e-9)
    loss = oracle.log_loss(truth, np.column_stack((1 - scores, scores)), labels=[False, True])
    assert found.metrics["log_loss"] == pytest.approx(loss, abs=1e-9)
    auc = oracle.roc_auc_score(truth, scores) if len(set(truth)) == 2 else None
    assert found.metrics["auc"] == (auc if auc is None else pytest.approx(auc, abs=1e-9))


@pytest.mark.parametrize("columns", [["prediction"], ["probability_no", "probability_yes"]])
def test_predictions_for_a_test_file_without_the_target_are_handed_on_as_they_are(
    tmp_path: Path, columns: list[str]
) -> None:
    (tmp_path / "model").mkdir()
    test = write(tmp_path / "test.csv", ["x", "z"], [[1, 2], [3, 4]])
    written = write(
        tmp_path / "output/predictions.csv", ["row", *columns], [[n, *[0.5] * len(columns)] for n in (0, 1)]
    )
    subject = Subject(**{**vars(SUBJECT), "target": "y", "predictions_uri": "s3://b/runs/r/predictions.csv"})
    to = tmp_path / "predicted.csv"
    found = evaluate_model(tmp_path / "model", test, output_dir=tmp_path / "output", subject=subject, predictions_to=to)
    assert to.read_bytes() == written.read_bytes()
    assert (found.metrics, found.scored) == ({}, None)
    assert found.predicted == Predicted(file="test.csv", rows=2, predictions="s3://b/runs/r/predictions.csv")
