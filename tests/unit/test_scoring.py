"""Every metric against scikit-learn, over data that hypothesis makes as degenerate as it can."""

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle
from sklearn.calibration import calibration_curve

from traindrop import calibration, scoring

Array = npt.NDArray[Any]

# Few distinct values make ties, constants and probabilities of exactly 0, 0.5 and 1 likely.
PROBABILITY = st.sampled_from([0.0, 0.25, 0.5, 0.5000001, 0.75, 1.0]) | st.floats(0, 1, width=64)
NUMBER = st.integers(-80_000, 80_000).map(lambda eighths: eighths / 8)


@st.composite
def binary_rows(draw: st.DrawFn) -> tuple[Array, Array]:
    rows = draw(st.lists(st.tuples(st.integers(0, 1), PROBABILITY), min_size=1, max_size=60))
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


@st.composite
def multiclass_rows(draw: st.DrawFn) -> tuple[Array, Array]:
    classes = draw(st.integers(3, 5))
    row = st.tuples(st.integers(0, classes - 1), st.lists(st.integers(1, 5), min_size=classes, max_size=classes))
    rows = draw(st.lists(row, min_size=1, max_size=40))
    weights = np.array([row[1] for row in rows], dtype=float)
    return np.array([row[0] for row in rows]), weights / weights.sum(axis=1, keepdims=True)


@st.composite
def regression_rows(draw: st.DrawFn) -> tuple[Array, Array]:
    rows = draw(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=60))
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def expected(call: Callable[..., Any], *args: Any, **options: Any) -> float | None:
    """What scikit-learn says, its warnings about undefined metrics aside; None where that is no number."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = float(call(*args, **options))
        except ValueError:
            return None
    return value if np.isfinite(value) else None


def agree(found: scoring.Metrics, wanted: scoring.Metrics) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name] == (value if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)), name
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def expected_calibration_error(truth: Array, probability: Array) -> float:
    share, mean = calibration_curve(truth, probability, n_bins=10, strategy="uniform")
    weights = np.bincount(np.searchsorted(np.linspace(0, 1, 11)[1:-1], probability), minlength=10)
    return float((weights[weights > 0] * np.abs(share - mean)).sum() / len(truth))


@given(binary_rows())
@settings(max_examples=100, deadline=None)
def test_calibration_bins_equal_those_of_scikit_learn(rows: tuple[Array, Array]) -> None:
    truth, probability = rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one class only
        share, mean = calibration_curve(truth, probability, n_bins=10, strategy="uniform")
    found = calibration.calibration_bins(truth == 1, probability)
    assert found.share == pytest.approx(share, abs=1e-9)
    assert found.probability == pytest.approx(mean, abs=1e-9)
    assert found.rows.sum() == len(truth)


def test_a_model_that_says_what_is_so_has_no_calibration_error_and_one_that_is_sure_and_wrong_has_the_greatest() -> (
    None
):
    truth = np.array([0, 1] * 50)
    assert scoring.binary(truth, np.full(100, 0.5)).metrics["calibration_error"] == 0
    assert scoring.binary(truth, 1.0 - truth).metrics["calibration_error"] == 1


@given(binary_rows())
@settings(max_examples=150, deadline=None)
def test_binary_metrics_equal_those_of_scikit_learn(rows: tuple[Array, Array]) -> None:
    truth, probability = rows
    called = (probability > 0.5).astype(int)
    nan = {"zero_division": np.nan}
    scores = scoring.binary(truth, probability)
    agree(
        scores.metrics,
        {
            "accuracy": expected(oracle.accuracy_score, truth, called),
            "balanced_accuracy": expected(oracle.balanced_accuracy_score, truth, called),
            "precision": expected(oracle.precision_score, truth, called, **nan),
            "recall": expected(oracle.recall_score, truth, called, **nan),
            "f1": expected(oracle.f1_score, truth, called, **nan),
            "auc": expected(oracle.roc_auc_score, truth, probability),
            "pr_auc": expected(oracle.average_precision_score, truth, probability) if truth.any() else None,
            "log_loss": expected(oracle.log_loss, truth, probability, labels=[0, 1]),
            "brier": expected(oracle.brier_score_loss, truth, probability, labels=[0, 1]),
            "calibration_error": expected_calibration_error(truth, probability),
        },
    )
    assert scores.confusion_matrix == oracle.confusion_matrix(truth, called, labels=[0, 1]).tolist()


@given(multiclass_rows())
@settings(max_examples=150, deadline=None)
def test_multiclass_metrics_equal_those_of_scikit_learn(rows: tuple[Array, Array]) -> None:
    truth, probabilities = rows
    predicted, labels = probabilities.argmax(axis=1), range(probabilities.shape[1])
    areas = [expected(oracle.roc_auc_score, truth == k, probabilities[:, k]) for k in set(truth)]
    known = [area for area in areas if area is not None]
    if len(set(truth)) == len(labels):
        whole = expected(oracle.roc_auc_score, truth, probabilities, multi_class="ovr", average="macro")
        assert whole == pytest.approx(np.mean(known), abs=1e-9)
    scores = scoring.multiclass(truth, probabilities)
    agree(
        scores.metrics,
        {
            "accuracy": expected(oracle.accuracy_score, truth, predicted),
            "balanced_accuracy": expected(oracle.balanced_accuracy_score, truth, predicted),
            "f1_macro": expected(oracle.f1_score, truth, predicted, average="macro"),
            "f1_weighted": expected(oracle.f1_score, truth, predicted, average="weighted"),
            "auc": float(np.mean(known)) if known else None,
            "log_loss": expected(oracle.log_loss, truth, probabilities, labels=labels),
        },
    )
    assert scores.confusion_matrix == oracle.confusion_matrix(truth, predicted, labels=labels).tolist()


@given(regression_rows())
@settings(max_examples=150, deadline=None)
def test_regression_metrics_equal_those_of_scikit_learn(rows: tuple[Array, Array]) -> None:
    truth, prediction = rows
    scores = scoring.regression(truth, prediction)
    agree(
        scores.metrics,
        {
            "rmse": expected(oracle.root_mean_squared_error, truth, prediction),
            "mae": expected(oracle.mean_absolute_error, truth, prediction),
            # Of a constant, scikit-learn makes -inf, nan or, by rounding, something like -1e31.
            "r2": expected(oracle.r2_score, truth, prediction) if len(set(truth)) > 1 else None,
            # Of a true value of 0, scikit-learn divides by 2e-16.
            "mape": expected(oracle.mean_absolute_percentage_error, truth, prediction) if truth.all() else None,
        },
    )
    assert scores.confusion_matrix is None
    residuals = truth - prediction
    wanted = {"mean": residuals.mean(), "std": residuals.std(), "min": residuals.min(), "max": residuals.max()}
    wanted |= {f"p{part:02}": np.percentile(residuals, part) for part in (5, 25, 75, 95)}
    agree(scores.residuals, wanted | {"median": np.median(residuals)})


@given(binary_rows())
@settings(max_examples=50, deadline=None)
def test_float32_probabilities_score_as_the_numbers_that_they_are(rows: tuple[Array, Array]) -> None:
    """As XGBoost gives them; only the log loss is kept off 0 and 1 by the coarser type."""
    truth, probability = rows[0], rows[1].astype(np.float32)
    coarse = float(np.finfo(np.float32).eps)
    found = scoring.binary(truth, probability).metrics
    wide = probability.astype(np.float64)
    loss = found.pop("log_loss")
    assert loss == pytest.approx(
        expected(oracle.log_loss, truth, np.clip(wide, coarse, 1 - coarse), labels=[0, 1]), abs=1e-6
    )
    exact = scoring.binary(truth, wide).metrics
    agree(found, {name: exact[name] for name in found})


@pytest.mark.parametrize("label", [0, 1])
def test_where_all_rows_have_one_class_what_needs_two_is_none(label: int) -> None:
    scores = scoring.binary(np.array([label] * 3), np.array([0.2, 0.6, 0.9]))
    assert scores.metrics["auc"] is None
    assert (scores.metrics["pr_auc"] is None) == (label == 0)
    assert scores.metrics["accuracy"] == pytest.approx(2 / 3 if label else 1 / 3)
    assert scores.metrics["accuracy"] == scores.metrics["balanced_accuracy"]
    assert not scores.intervals.keys() & {"auc", "pr_auc"}
    assert scores.intervals["accuracy"] == pytest.approx(scores.intervals["balanced_accuracy"])


def test_the_same_prediction_for_every_row_ranks_nothing() -> None:
    assert scoring.binary(np.array([0, 1, 1]), np.full(3, 0.7)).metrics["auc"] == 0.5


def test_a_probability_of_exactly_one_half_is_not_called_positive() -> None:
    assert scoring.binary(np.array([0, 1]), np.array([0.5, 0.5])).confusion_matrix == [[1, 0], [1, 0]]


def test_a_regression_error_too_large_for_a_float_is_none() -> None:
    scores = scoring.regression(np.array([1e300, -1e300]), np.array([-1e300, 1e300]))
    assert scores.metrics == {"rmse": None, "mae": 2e300, "r2": None, "mape": 2.0}
    assert scores.residuals["std"] is None


def test_many_classes_are_scored_without_a_matrix_that_nobody_would_read() -> None:
    truth = np.arange(2000) % 1000
    probabilities = np.full((2000, 1000), 0.5 / 999, dtype=np.float32)
    probabilities[np.arange(2000), truth] = 0.5
    scores = scoring.multiclass(truth, probabilities)
    assert scores.confusion_matrix is None
    assert (scores.metrics["accuracy"], scores.metrics["auc"], scores.metrics["f1_macro"]) == (1, 1, 1)


def test_the_baseline_is_the_best_constant_answer() -> None:
    binary = scoring.baseline("binary", np.array([0, 0, 0, 1]), 2)
    assert (binary["accuracy"], binary["auc"], binary["pr_auc"]) == (0.75, 0.5, 0.25)
    three = scoring.baseline("multiclass", np.array([0, 2, 2, 2, 1]), 3)
    assert (three["accuracy"], three["auc"]) == (0.6, 0.5)
    numbers = scoring.baseline("regression", np.array([1.0, 3.0]), 0)
    assert (numbers["rmse"], numbers["r2"]) == (1.0, 0.0)


WITHIN_0_AND_1 = {
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "auc",
    "pr_auc",
    "f1_macro",
    "f1_weighted",
}


@given(binary_rows() | multiclass_rows())
@settings(deadline=None)
def test_an_interval_holds_its_metric_and_shrinks_to_nothing_for_none_that_is_a_share(
    rows: tuple[Array, Array],
) -> None:
    truth, given_scores = rows
    scores = (scoring.binary if given_scores.ndim == 1 else scoring.multiclass)(truth, given_scores)
    for name, (low, high) in scores.intervals.items():
        value = scores.metrics[name]
        assert value is not None
        assert 0 <= low <= value + 1e-12
        assert value - 1e-12 <= high
        if name in WITHIN_0_AND_1:
            assert low < high <= 1
    if len(set(truth)) > 1:
        known = {name for name, value in scores.metrics.items() if value is not None}
        assert scores.intervals.keys() >= known & WITHIN_0_AND_1


@given(regression_rows())
@settings(deadline=None)
def test_an_error_has_an_interval_from_ten_rows_on(rows: tuple[Array, Array]) -> None:
    truth, prediction = rows
    assume(len(set(np.abs(truth - prediction))) > 1)
    scores = scoring.regression(truth, prediction)
    assert not scores.intervals or len(truth) >= 10
    assert scores.intervals.keys() >= ({"rmse", "mae"} if len(truth) >= 10 else set())
    for name, (low, high) in scores.intervals.items():
        value = scores.metrics[name]
        assert value is not None
        assert low - 1e-12 <= value <= high + 1e-12
        assert high <= 1 if name == "r2" else low >= 0
