"""What every training script does alike, without a script around it."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from traindrop.training_script import (
    auc,
    checkpoint_folder,
    fingerprint,
    hosts,
    measured,
    replacing,
    report,
)


def test_the_metrics_of_two_classes_are_scikit_learns() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 200).astype(float)
    positive = np.round(random.random(200), 1).clip(0.01, 0.99)  # many ties
    found = measured(truth, np.stack([1 - positive, positive], axis=1), "binary")
    assert found == pytest.approx(
        {
            "error": 1 - metrics.accuracy_score(truth, positive > 0.5),
            "auc": metrics.roc_auc_score(truth, positive),
            "logloss": metrics.log_loss(truth, positive),
        }
    )


def test_the_metrics_of_several_classes_and_of_values_are_scikit_learns() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 90).astype(float)
    chances = random.dirichlet([1, 1, 1], 90)
    assert measured(truth, chances, "multiclass") == pytest.approx(
        {
            "merror": 1 - metrics.accuracy_score(truth, chances.argmax(axis=1)),
            "mlogloss": metrics.log_loss(truth, chances),
        }
    )
    values = random.normal(size=(90, 1)).astype(np.float32)
    assert measured(truth, values, "regression") == pytest.approx(
        {
            "mae": metrics.mean_absolute_error(truth, values),
            "rmse": metrics.root_mean_squared_error(truth, values),
        }
    )


def test_a_probability_of_0_for_what_came_true_is_a_large_loss_and_not_an_infinite_one() -> None:
    assert 30 < measured(np.array([1.0]), np.array([[1.0, 0.0]]), "binary")["logloss"] < 40


def test_there_is_no_auc_of_one_class() -> None:
    assert auc(np.zeros(3, int), np.arange(3)) is None
    assert list(measured(np.ones(2), np.full((2, 2), 0.5), "binary")) == ["error", "logloss"]


def test_a_round_is_one_line_and_one_more_value_of_each_metric(capsys: pytest.CaptureFixture[str]) -> None:
    history: dict[str, Any] = {}
    report(0, {"train": {"rmse": 2.0}, "validation": {"mae": 1.0, "rmse": 1.23456789}}, history)
    report(1, {"train": {"rmse": 1.5}, "validation": {"mae": 0.5, "rmse": 1e-7}}, history)
    assert capsys.readouterr().out.splitlines() == [
        "[0] train-rmse=2 validation-mae=1 validation-rmse=1.23457",
        "[1] train-rmse=1.5 validation-mae=0.5 validation-rmse=1e-07",
    ]
    assert history == {"train": {"rmse": [2.0, 1.5]}, "validation": {"mae": [1.0, 0.5], "rmse": [1.23456789, 1e-7]}}


def test_there_are_checkpoints_only_where_the_job_has_a_folder_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINDROP_CHECKPOINT_DIR", str(tmp_path / "none"))
    assert checkpoint_folder() is None
    monkeypatch.setenv("TRAINDROP_CHECKPOINT_DIR", str(tmp_path))
    assert checkpoint_folder() == tmp_path


def test_a_file_is_replaced_by_a_whole_one_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    path.write_text("old")
    with contextlib.suppress(InterruptedError), replacing(path) as partial:
        assert partial.suffix == ".pt"
        partial.write_text("ne")
        raise InterruptedError
    assert path.read_text() == "old"
    with replacing(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_another_setting_or_another_value_is_another_fingerprint() -> None:
    data = np.array([[1.0, 2.0]])
    same = fingerprint({"a": 1, "b": 2}, data)
    assert same == fingerprint({"b": 2, "a": 1}, data.copy())
    others = [
        fingerprint({"a": 1}, data),
        fingerprint({"a": 1, "b": 2}, data + 1),
        fingerprint({"a": 1, "b": 2}, data.T),
    ]
    assert same not in others


def test_a_job_that_names_no_hosts_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SM_HOSTS", raising=False)
    assert hosts() == ["algo-1"]
    monkeypatch.setenv("SM_HOSTS", '["algo-1","algo-2"]')
    assert hosts() == ["algo-1", "algo-2"]
