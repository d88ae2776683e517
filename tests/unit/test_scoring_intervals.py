"""The intervals against published values, scipy, and what 95 % means: how often they hold the truth."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from traindrop import intervals, scoring

Array = npt.NDArray[Any]


@pytest.mark.parametrize(("hits", "rows"), [(0, 20), (81, 263), (146, 179), (20, 20), (1, 1)])
def test_the_interval_of_a_share_is_wilsons(hits: int, rows: int) -> None:
    wilson = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert intervals.of_share(hits, rows) == pytest.approx((wilson.low, wilson.high), abs=1e-12)


def test_the_interval_of_a_share_is_the_published_one() -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I: 81 of 263."""
    assert intervals.of_share(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_without_rows_or_without_a_class_there_is_no_interval() -> None:
    assert intervals.of_share(0, 0) is None
    assert intervals.of_auc(0.5, 0, 10) is None
    assert intervals.of_auc(0.5, 10, 0) is None


@pytest.mark.parametrize("auc", [0.0, 0.31, 0.5, 0.87, 1.0])
def test_the_ends_of_the_auc_interval_are_as_far_away_as_their_own_standard_error_allows(auc: float) -> None:
    """The definition of the interval, with the variance in the form that Hanley and McNeil print."""
    positives, negatives = 69, 110
    mean = (positives + negatives) / 2
    found = intervals.of_auc(auc, positives, negatives)
    assert found is not None
    for end in found:
        if end in (0.0, 1.0):
            assert end == auc
            continue
        q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
        variance = end * (1 - end) + (mean - 1) * (q1 - end**2) + (mean - 1) * (q2 - end**2)
        assert abs(end - auc) == pytest.approx(1.959964 * (variance / (positives * negatives)) ** 0.5, rel=1e-5)


def test_mirrored_scores_mirror_the_auc_interval() -> None:
    found, mirrored = intervals.of_auc(0.8, 40, 90), intervals.of_auc(0.2, 40, 90)
    assert found is not None
    assert mirrored == pytest.approx((1 - found[1], 1 - found[0]), abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_the_auc_interval_holds_the_true_area_in_95_of_100_samples(shift: float) -> None:
    random = np.random.default_rng(1)
    truth = np.repeat([0, 1], [60, 30])
    true_area = float(stats.norm.cdf(shift / 2**0.5))
    held = 0
    for _ in range(600):
        area = scoring.area_under_roc(truth == 1, random.normal(size=90) + shift * truth)
        assert area is not None
        interval = intervals.of_auc(area, 30, 60)
        assert interval is not None
        held += interval[0] <= true_area <= interval[1]
    assert 0.92 < held / 600 < 0.985


@pytest.mark.parametrize("rows", [10, 11, 30, 1000])
def test_the_interval_of_a_mean_is_students(rows: int) -> None:
    values = np.random.default_rng(rows).uniform(1, 3, size=rows)
    student = stats.t.interval(0.95, rows - 1, values.mean(), stats.sem(values))
    assert intervals.of_mean(values) == pytest.approx(student, rel=1e-4)


def test_the_interval_of_a_mean_error_is_not_below_zero_and_not_infinite() -> None:
    lopsided = intervals.of_mean(np.array([0.0] * 11 + [1.0]))
    assert lopsided is not None
    assert lopsided[0] == 0
    assert intervals.of_mean(np.full(12, 1e308)) is None


def two_classes(rows: int, random: np.random.Generator) -> tuple[Array, Array]:
    truth = (random.random(rows) < 0.4).astype(int)
    odds = 1.5 * (random.normal(size=rows) + 1.5 * truth - 0.75) - 0.4
    return truth, 1 / (1 + np.exp(-odds))


def four_classes(rows: int, random: np.random.Generator) -> tuple[Array, Array]:
    truth = random.choice(4, size=rows, p=[0.1, 0.2, 0.3, 0.4])
    weights = np.exp(2 * (0.8 * random.normal(size=(rows, 4)) + np.eye(4)[truth]))
    return truth, weights / weights.sum(axis=1, keepdims=True)


def numbers(rows: int, random: np.random.Generator) -> tuple[Array, Array]:
    truth = random.normal(5, 1, size=rows)
    return truth, truth + random.normal(scale=0.7, size=rows)


@pytest.mark.parametrize(
    ("make", "score"),
    [(two_classes, scoring.binary), (four_classes, scoring.multiclass), (numbers, scoring.regression)],
)
def test_every_interval_holds_the_true_metric_in_95_of_100_test_sets_of_179_rows(
    make: Callable[[int, np.random.Generator], tuple[Array, Array]], score: Callable[[Array, Array], scoring.Scores]
) -> None:
    """The true one is what 200,000 rows have. By chance 400 tries of 95 % give 0.92 to 0.98."""
    true = score(*make(200_000, np.random.default_rng(1))).metrics
    held: Counter[str] = Counter()
    for seed in range(400):
        found = score(*make(179, np.random.default_rng([2, seed]))).intervals
        held.update(name for name, (low, high) in found.items() if low <= (true[name] or 0) <= high)
    expected = {
        scoring.binary: {
            "accuracy",
            "balanced_accuracy",
            "precision",
            "recall",
            "f1",
            "auc",
            "pr_auc",
            "log_loss",
            "brier",
        },
        scoring.multiclass: {"accuracy", "balanced_accuracy", "f1_macro", "f1_weighted", "auc", "log_loss"},
        scoring.regression: {"rmse", "mae", "r2", "mape"},
    }
    assert held.keys() == expected[score]
    assert {name: share for name, count in held.items() if not 0.915 <= (share := count / 400) <= 0.99} == {}


def test_perfect_predictions_of_few_rows_do_not_pass_for_certain() -> None:
    truth = np.arange(40) % 4
    perfect = scoring.multiclass(truth, np.eye(4)[truth] * 0.6 + 0.1)
    assert {perfect.metrics[name] for name in ("accuracy", "f1_macro", "f1_weighted", "auc")} == {1.0}
    for name in ("accuracy", "balanced_accuracy", "f1_macro", "f1_weighted", "auc"):
        assert perfect.intervals[name][0] < 0.95, name
        assert perfect.intervals[name][1] == 1


def test_the_interval_of_r_squared_is_that_of_the_bootstrap() -> None:
    random = np.random.default_rng(3)
    truth, prediction = numbers(500, random)
    picks = random.integers(500, size=(600, 500))
    drawn = [scoring.regression(truth[pick], prediction[pick]).metrics["r2"] for pick in picks]
    bootstrap = np.quantile(np.array(drawn, dtype=float), [0.025, 0.975])
    assert scoring.regression(truth, prediction).intervals["r2"] == pytest.approx(bootstrap, abs=0.02)
