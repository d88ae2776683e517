"""The curves behind the plots: as scikit-learn draws them, and small however many rows there are."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from traindrop.curves import MAX_CLASSES, MAX_POINTS, Curves, curves_of, thinned

CLASSES = ("no", "yes")


def scored(rows: int, seed: int = 0) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, rows)
    return truth, np.clip(random.normal(0.4 + 0.2 * truth, 0.2), 0, 1).round(2)


def area(x: Any, y: Any) -> float:
    return float(np.trapezoid(y, x))


@pytest.mark.parametrize("rows", [60, 100_000])
def test_the_roc_curve_encloses_the_area_that_scikit_learn_finds(rows: int) -> None:
    truth, probability = scored(rows)
    (curve,) = curves_of("binary", truth, probability, CLASSES).roc
    assert curve.name == "yes"
    assert area(curve.x, curve.y) == pytest.approx(oracle.roc_auc_score(truth, probability), abs=1e-3)
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)


def test_every_point_of_precision_and_recall_is_one_of_scikit_learns() -> None:
    truth, probability = scored(80)
    (curve,) = curves_of("binary", truth, probability, CLASSES).precision_recall
    precision, recall, _ = oracle.precision_recall_curve(truth, probability)
    known = np.column_stack((recall, precision))
    assert all(np.abs(known - point).sum(axis=1).min() < 1e-5 for point in zip(curve.x, curve.y, strict=True))


def test_calibration_tells_of_each_bin_what_was_predicted_and_what_came_true() -> None:
    truth, probability = np.array([0, 1, 1, 1, 0]), np.array([0.05, 0.92, 0.98, 1.0, 0.95])
    (found,) = curves_of("binary", truth, probability, CLASSES).calibration
    assert found.rows == (1, 4)
    assert found.predicted == pytest.approx((0.05, 0.9625))
    assert found.observed == (0, 0.75)


def test_scores_are_counted_by_true_class() -> None:
    found = curves_of("binary", np.array([0, 0, 1]), np.array([0.0, 0.01, 1.0]), CLASSES).scores
    assert found is not None
    assert (found.counts["no"][0], found.counts["yes"][-1]) == (2, 1)
    assert sum(map(sum, found.counts.values())) == 3


@pytest.mark.parametrize("label", [0, 1])
def test_of_one_class_alone_there_is_no_roc_curve(label: int) -> None:
    found = curves_of("binary", np.full(5, label), np.linspace(0, 1, 5), CLASSES)
    assert found.roc == ()
    assert len(found.precision_recall) == label


def test_each_of_a_few_classes_is_drawn_against_the_rest_and_many_are_not() -> None:
    random = np.random.default_rng(1)
    for classes in (3, MAX_CLASSES, MAX_CLASSES + 1):
        names = tuple(f"class {number}" for number in range(classes))
        found = curves_of("multiclass", random.integers(0, classes, 200), random.dirichlet([1] * classes, 200), names)
        assert [curve.name for curve in found.roc] == list(names if classes <= MAX_CLASSES else ())
        assert found.scores is not None
        assert sum(map(sum, found.scores.counts.values())) == 200


def test_residuals_count_every_row_the_outliers_in_the_outermost_bars() -> None:
    true = np.arange(1000.0)
    predicted = true + np.random.default_rng(0).normal(size=1000)
    predicted[0], predicted[1] = 1e9, -1e9
    found = curves_of("regression", true, predicted, ())
    assert found.residuals is not None
    assert sum(found.residuals.counts["rows"]) == 1000
    assert found.residuals.edges[-1] < 10
    points = found.predicted_against_true
    assert points is not None
    assert len(points.true) == MAX_POINTS
    assert (points.true[0], points.true[-1]) == (0, 999)


@pytest.mark.parametrize("error", [0.0, 1e308, 1e-320])
def test_residuals_that_cannot_be_told_apart_are_no_error(error: float) -> None:
    true = np.array([-error, error, error, -error])
    found = curves_of("regression", true, -true, ())
    assert Curves.model_validate_json(found.model_dump_json()) == found


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=400))
@settings(max_examples=60, deadline=None)
def test_whatever_is_predicted_the_curves_are_short_and_come_back_from_json(rows: list[tuple[float, bool]]) -> None:
    truth = np.array([label for _, label in rows]).astype(np.int64)
    found = curves_of("binary", truth, np.array([score for score, _ in rows], dtype=np.float32), CLASSES)
    assert Curves.model_validate_json(found.model_dump_json()) == found
    assert all(len(curve.x) == len(curve.y) <= MAX_POINTS for curve in (*found.roc, *found.precision_recall))


def test_a_thinned_curve_keeps_its_ends_and_its_corner() -> None:
    x = np.concatenate((np.zeros(5000), np.linspace(0, 1, 5000)))
    y = np.concatenate((np.linspace(0, 1, 5000), np.ones(5000)))
    kept = thinned(x, y)
    assert len(kept) <= MAX_POINTS
    assert (kept[0], kept[-1]) == (0, 9999)
    assert min(x[kept] + (1 - y[kept])) < 0.01
