"""Two models on the same rows: what is a difference, and what is not."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traindrop import scoring
from traindrop.config import Metric
from traindrop.pairing import LEAST_ROWS, Pair, compare, mcnemar
from traindrop.verdict import judge

SCORE: dict[str, Callable[..., scoring.Scores]] = {
    "binary": scoring.binary, "multiclass": scoring.multiclass, "regression": scoring.regression,
}  # fmt: skip
SAMPLE = {
    "binary": (np.array([0, 1]), np.array([0.2, 0.7])),
    "multiclass": (np.array([0, 1, 2]), np.eye(3)),
    "regression": (np.array([1.0, 2.0]), np.array([1.5, 2.0])),
}
# Whatever an evaluation has.
EVERY = [(task, metric) for task, score in SCORE.items() for metric in score(*SAMPLE[task]).metrics]
# A model that knows more need not know better how much it knows.
SKILL = [(task, metric) for task, metric in EVERY if metric != "calibration_error"]

Table = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]


def table(task: str, rows: int, seed: int, skill: tuple[float, float] = (0.5, 0.5), digits: int = 2) -> Table:
    """True values, and predictions of two models; `skill` is what each knows, from 0 to 1. Few digits make ties."""
    rng = np.random.default_rng(seed)
    if task == "regression":
        truth = rng.normal(10, 2, rows)
        one, other = (truth + rng.normal(0, 2.5 - 2 * each, rows) for each in skill)
        return truth, one, other
    classes = 2 if task == "binary" else 4
    labels = rng.integers(0, classes, rows)
    found = []
    for each in skill:
        raw = rng.random((rows, classes)) + 0.01
        raw[np.arange(rows), labels] += each
        shares = np.round(raw / raw.sum(axis=1, keepdims=True), digits)
        found.append(shares[:, 1] if task == "binary" else shares)
    return labels, found[0], found[1]


def compared(task: str, metric: str, found: Table) -> Pair | None:
    return compare(metric, *found, task=task)


@pytest.mark.parametrize(("task", "metric"), EVERY)
@settings(max_examples=15, deadline=None)
@given(rows=st.integers(LEAST_ROWS, 60), seed=st.integers(0, 10_000))
def test_the_values_are_those_of_the_evaluation(task: str, metric: str, rows: int, seed: int) -> None:
    truth, one, other = table(task, rows, seed)
    pair = compared(task, metric, (truth, one, other))
    if pair is not None:
        expected = [SCORE[task](truth, each).metrics[metric] for each in (one, other)]
        assert [pair.first, pair.second] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("task", "metric"), EVERY)
@settings(max_examples=10, deadline=None)
@given(rows=st.integers(LEAST_ROWS, 80), seed=st.integers(0, 10_000))
def test_with_the_models_swapped_the_signs_change_and_nothing_else(
    task: str, metric: str, rows: int, seed: int
) -> None:
    truth, one, other = table(task, rows, seed, (0.6, 0.3))
    there, back = compared(task, metric, (truth, one, other)), compared(task, metric, (truth, other, one))
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert (back.second, back.first) == (there.first, there.second)
        assert (-back.interval[1], -back.interval[0]) == pytest.approx(there.interval, abs=1e-9)


@pytest.mark.parametrize(("task", "metric"), EVERY)
@settings(max_examples=10, deadline=None)
@given(rows=st.integers(LEAST_ROWS, 80), seed=st.integers(0, 10_000))
def test_a_model_does_not_differ_from_itself(task: str, metric: str, rows: int, seed: int) -> None:
    truth, one, _ = table(task, rows, seed)
    pair = compared(task, metric, (truth, one, one))
    if pair is not None:
        assert pair.interval == (0, 0)
        assert judge(metric, pair.first, pair.second, pair.interval) == "no difference"


@pytest.mark.parametrize(("task", "metric"), SKILL)
def test_a_model_that_is_clearly_better_is_found_to_be(task: str, metric: str) -> None:
    pair = compared(task, metric, table(task, 400, 1, (0.9, 0.2)))
    assert pair is not None
    assert judge(metric, pair.first, pair.second, pair.interval) == "better"
    assert judge(metric, pair.second, pair.first, (-pair.interval[1], -pair.interval[0])) == "worse"


@pytest.mark.parametrize("rows", [300, 25_000])
def test_the_same_files_give_the_same_answer_to_the_last_digit(rows: int) -> None:
    found = table("binary", rows, 5, (0.5, 0.4))
    assert compared("binary", "auc", found) == compared("binary", "auc", found)


@pytest.mark.parametrize(
    ("task", "metric"), [("binary", "auc"), ("binary", "accuracy"), ("binary", "log_loss"), ("regression", "rmse")]
)
def test_of_two_equally_good_models_one_is_called_better_about_as_rarely_as_a_95_percent_interval_promises(
    task: str, metric: str
) -> None:
    """Of 200 pairs 10 are expected to differ by chance; up to 22 happen once in 10,000 times."""
    found = [compared(task, metric, table(task, 150, seed, digits=4)) for seed in range(200)]
    pairs = [pair for pair in found if pair is not None]
    differ = [pair for pair in pairs if not pair.interval[0] <= 0 <= pair.interval[1]]
    assert len(pairs) == 200
    assert len(differ) <= 22
    assert all((pair.interval[0] < pair.interval[1]) for pair in pairs)


def test_of_many_rows_the_interval_from_a_few_bags_is_as_wide_as_theory_says() -> None:
    truth, one, other = table("binary", 200_000, 3, (0.5, 0.45), digits=6)
    pair = compared("binary", "brier", (truth, one, other))
    assert pair is not None
    each = (one - truth) ** 2 - (other - truth) ** 2
    half = 1.96 * each.std() / len(each) ** 0.5
    assert pair.interval[1] - pair.interval[0] == pytest.approx(2 * half, rel=0.1)
    assert np.mean(pair.interval) == pytest.approx(each.mean(), abs=half / 5)


def test_a_handful_of_rows_shows_nothing() -> None:
    truth, one, other = table("binary", LEAST_ROWS - 1, 1, (0.9, 0.1))
    assert compared("binary", "accuracy", (truth, one, other)) is None


def test_a_few_rows_that_one_model_alone_has_right_are_no_proof() -> None:
    """Five rows to none: the bootstrap is sure of it, McNemar's test is not."""
    truth = np.zeros(200, np.int64)
    one, other = np.zeros(200), np.where(np.arange(200) < 5, 1.0, 0.0)
    pair = compared("binary", "accuracy", (truth, one, other))
    assert pair is not None
    assert pair.interval[0] == 0
    assert judge("accuracy", pair.first, pair.second, pair.interval) == "no difference"
    other = np.where(np.arange(200) < 6, 1.0, 0.0)
    pair = compared("binary", "accuracy", (truth, one, other))
    assert pair is not None
    assert judge("accuracy", pair.first, pair.second, pair.interval) == "better"


@pytest.mark.parametrize(
    ("one", "other", "expected"), [(0, 0, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 9, 0.021484375), (59, 121, 4.2e-6)]
)
def test_mcnemar_is_the_binomial_test_of_the_rows_that_differ(one: int, other: int, expected: float) -> None:
    assert mcnemar(one, other) == mcnemar(other, one) == pytest.approx(expected, rel=0.1)


def test_mcnemar_of_many_rows_goes_on_where_the_exact_test_ends() -> None:
    assert mcnemar(460, 540) == pytest.approx(mcnemar(461, 541), rel=0.05)


@pytest.mark.parametrize(
    ("task", "metric", "truth"),
    [
        ("binary", "auc", np.zeros(50, np.int64)),
        ("regression", "r2", np.full(50, 0.1)),
        ("regression", "auc", np.ones(50)),
    ],
    ids=["one class", "one value", "another task's"],
)
def test_what_is_undefined_for_the_rows_is_not_compared(task: str, metric: str, truth: npt.NDArray[Any]) -> None:
    one, other = np.linspace(0, 1, 50), np.linspace(1, 0, 50)
    assert compared(task, metric, (truth, one, other)) is None


def test_every_metric_that_a_config_may_ask_for_can_be_compared() -> None:
    own = {"mape": "regression", "calibration_error": "binary"}
    assert set(get_args(Metric)) <= {metric for _, metric in EVERY} | own.keys()
    for metric, task in own.items():
        assert compared(task, metric, table(task, 100, 1, (0.9, 0.2))) is not None


def test_the_calibration_error_is_the_gap_between_what_was_said_and_what_came() -> None:
    truth, probability = np.tile([0, 0, 0, 1], 25), np.full(100, 0.75)
    pair = compared("binary", "calibration_error", (truth, probability, truth * 1.0))
    assert pair is not None
    assert (pair.first, pair.second) == pytest.approx((0.5, 0.0))


def test_mape_is_the_mean_of_the_errors_as_shares() -> None:
    truth = np.full(50, 4.0)
    pair = compared("regression", "mape", (truth, truth + 1, truth))
    assert pair is not None
    assert (pair.first, pair.second) == (0.25, 0.0)
    assert compared("regression", "mape", (np.zeros(50), truth, truth)) is None
