"""The learning curve out of metrics.json, whatever a script wrote there."""

import json
from pathlib import Path
from typing import Any

import pytest

from traindrop.curves import MAX_POINTS
from traindrop.errors import EvaluationFailed
from traindrop.learning_curve import learning_curves


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.json"


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_each_metric_has_its_rounds_by_our_name_and_the_best_one_counts_from_1(path: Path) -> None:
    document = {"train": {"error": [0.5, 0.25]}, "validation": {"error": [0.5, 0.375]}, "best_iteration": 1}
    (curve,), best = learning_curves(write(path, document))
    assert (curve.metric, curve.rounds, curve.train, curve.validation) == (
        "accuracy",
        (1, 2),
        (0.5, 0.75),
        (0.5, 0.625),
    )
    assert best == 2


def test_a_long_training_is_thinned_to_its_first_and_last_round(path: Path) -> None:
    (curve,), _ = learning_curves(write(path, {"train": {"rmse": list(range(100_000))}}))
    assert len(curve.rounds) == MAX_POINTS
    assert (curve.rounds[0], curve.rounds[-1], curve.train[-1], curve.validation) == (1, 100_000, 99_999, ())


@pytest.mark.parametrize(
    "document",
    [{}, {"validation": {"auc": 0.9}}, {"validation": {"auc": [0.9]}}, {"train": [1, 2]}, {"train": {"a": ["x", "y"]}}],
)
def test_without_rounds_there_is_no_curve(path: Path, document: Any) -> None:
    assert learning_curves(write(path, document)) == ((), None)


def test_what_is_not_finite_or_too_large_is_a_gap(path: Path) -> None:
    path.write_text(
        '{"train": {"loss": [1, NaN, Infinity, 1' + "0" * 400 + ']}, "best_iteration": 9}', encoding="utf-8"
    )
    (curve,), best = learning_curves(path)
    assert (curve.train, best) == ((1, None, None, None), None)


def test_a_missing_file_is_nothing_and_one_that_is_no_json_is_named(path: Path) -> None:
    assert learning_curves(path) == ((), None)
    path.write_text("no", encoding="utf-8")
    with pytest.raises(EvaluationFailed, match=r"metrics\.json is not JSON"):
        learning_curves(path)
