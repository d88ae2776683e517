"""The intervals against published values, scipy, and what 95 % means: how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from traindrop import intervals, scoring


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
