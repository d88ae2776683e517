"""Doubts about a run's numbers, each on numbers that have it and on numbers that have not."""

import pytest

from traindrop import metric_doubts
from traindrop.scoring import Metrics

Within = dict[str, tuple[float, float]]


@pytest.mark.parametrize(
    ("main", "metrics", "baseline", "intervals", "says"),
    [
        ("auc", {"auc": 0.4}, {"auc": 0.5}, {}, "is worse than a constant answer: auc 0.400, and 0.500"),
        ("auc", {"auc": 0.5}, {"auc": 0.5}, {}, "is no better than"),
        ("auc", {"auc": 0.6}, {"auc": 0.5}, {"auc": (0.45, 0.7)}, "cannot tell the model from a constant answer"),
        ("auc", {"auc": 0.8, "accuracy": 0.9}, {"auc": 0.5, "accuracy": 0.95}, {}, "the most frequent class"),
        ("rmse", {"rmse": 3.0}, {"rmse": 2.0}, {}, "rmse 3.000, and 2.000 for the mean"),
        ("log_loss", {"log_loss": 0.7}, {"log_loss": 0.6}, {}, "the classes' shares"),
    ],
)
def test_a_metric_that_is_no_better_than_a_constant_answers_is_doubted(
    main: str, metrics: Metrics, baseline: Metrics, intervals: Within, says: str
) -> None:
    doubt = metric_doubts.below_baseline(main, metrics, baseline, intervals)
    assert doubt is not None
    assert (doubt.kind, says in doubt.text) == ("below baseline", True)
    assert doubt.evidence["baseline"] in baseline.values()


@pytest.mark.parametrize(
    ("main", "metrics", "baseline", "intervals"),
    [
        ("auc", {"auc": 0.87, "accuracy": 0.82}, {"auc": 0.5, "accuracy": 0.62}, {"auc": (0.8, 0.91)}),
        ("rmse", {"rmse": 1.0}, {"rmse": 2.0}, {"rmse": (0.8, 1.3)}),
        ("auc", {"auc": 0.9, "accuracy": 0.95}, {"auc": 0.5, "accuracy": 0.95}, {}),
        ("auc", {"auc": None}, {"auc": None}, {}),
        (None, {}, {}, {}),
    ],
)
def test_a_metric_that_is_better_or_undefined_is_not_doubted(
    main: str | None, metrics: Metrics, baseline: Metrics, intervals: Within
) -> None:
    assert metric_doubts.below_baseline(main, metrics, baseline, intervals) is None


@pytest.mark.parametrize(
    ("main", "fitted", "validation", "baseline"),
    [
        ("auc", {"auc": 0.99}, {"auc": 0.7}, {}),
        ("accuracy", {"accuracy": 1.0}, {"accuracy": 0.8}, {}),
        ("rmse", {"rmse": 1.0}, {"rmse": 4.0}, {"rmse": 5.0}),
        ("log_loss", {"log_loss": 0.1}, {"log_loss": 0.6}, {}),
    ],
)
def test_a_model_that_knows_its_training_rows_far_better_is_doubted(
    main: str, fitted: Metrics, validation: Metrics, baseline: Metrics
) -> None:
    doubt = metric_doubts.gap(main, fitted, validation, baseline)
    assert doubt is not None
    assert doubt.kind == "gap"
    assert (doubt.evidence["train"], doubt.evidence["validation"]) == (*fitted.values(), *validation.values())


@pytest.mark.parametrize(
    ("main", "fitted", "validation", "baseline"),
    [
        ("auc", {"auc": 0.98, "log_loss": 0.195}, {"auc": 0.87, "log_loss": 0.41}, {}),  # as Titanic's
        ("rmse", {"rmse": 0.01}, {"rmse": 0.03}, {"rmse": 5.0}),
        ("log_loss", {"log_loss": 0.01}, {"log_loss": 0.04}, {}),
        ("auc", {}, {"auc": 0.5}, {}),
        ("auc", {"auc": None}, {"auc": 0.5}, {}),
    ],
)
def test_the_usual_gap_is_not_doubted(main: str, fitted: Metrics, validation: Metrics, baseline: Metrics) -> None:
    assert metric_doubts.gap(main, fitted, validation, baseline) is None
