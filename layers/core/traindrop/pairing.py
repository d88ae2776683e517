"""Two models on the same test rows: how far their difference in a metric could be chance. With numpy only.

The paired bootstrap draws rows, each with both models' predictions: what makes a row hard for both cancels out.
B. Efron and R. Tibshirani (1993), An Introduction to the Bootstrap, chapters 8.4 and 13.3 (percentile interval). Of
many rows the bag of little bootstraps: A. Kleiner, A. Talwalkar, P. Sarkar and M. Jordan (2014), A scalable bootstrap
for massive data, J. R. Stat. Soc. B 76:795-816. Of accuracy McNemar's exact test has to agree: Q. McNemar (1947),
Psychometrika 12:153-157; T. Dietterich (1998), Neural Computation 10:1895-1923.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import erfc, exp, lgamma, log

import numpy as np
import numpy.typing as npt

from traindrop.weighted_metrics import Predictions, Statistic, Truth, classes_called, statistic

# Fewer rows than this show nothing: a handful of rows on which one model is right by chance has no spread at all.
LEAST_ROWS = 10
_SEED = 20_26_11
_DRAWS = 2000
_BAG = 10_000
_BAGS = 4
_LEAST_BAG = 1000
_AT_ONCE = 40
_DEFINED = 0.9
_EXACT = 1000


@dataclass(frozen=True)
class Pair:
    """A metric of two models on the same rows; `interval`: 95 %, of `first` less `second`."""

    first: float
    second: float
    interval: tuple[float, float]


def compare(metric: str, truth: Truth, first: Predictions, second: Predictions, *, task: str) -> Pair | None:
    """`truth` of shape (rows,); predictions of shape (rows,), of multiclass (rows, classes), in the same order.

    Deterministic, and symmetric: with the models swapped the signs change. None where the metric is undefined for these
    rows or of another task, or where there are too few rows.
    """
    everything = _Measured.on(slice(None), metric, truth, first, second, task)
    if everything is None or len(truth) < LEAST_ROWS:
        return None
    values = everything.values()
    if not np.isfinite(values).all():
        return None
    low, high = _spread(metric, truth, first, second, task)
    difference = values[0] - values[1]
    if not np.isfinite([low, high]).all():
        return None
    interval = difference + low, difference + high
    if metric == "accuracy" and not _differ(truth, first, second):
        interval = min(interval[0], 0.0), max(interval[1], 0.0)
    return Pair(*values, interval)


@dataclass(frozen=True)
class _Measured:
    """A metric of both models on some rows."""

    one: Statistic
    other: Statistic
    rows: int

    @classmethod
    def on(
        cls, bag: "slice | npt.NDArray[np.int64]", metric: str, truth: Truth, first: Predictions, second: Predictions,
        task: str,
    ) -> "_Measured | None":  # fmt: skip
        one, other = (statistic(metric, task, truth[bag], each[bag]) for each in (first, second))
        return None if one is None or other is None else cls(one, other, len(truth[bag]))

    def values(self) -> tuple[float, float]:
        ones = np.ones((1, self.rows))
        return float(self.one(ones)[0]), float(self.other(ones)[0])

    def differences(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return self.one(weights) - self.other(weights)


def _spread(metric: str, truth: Truth, first: Predictions, second: Predictions, task: str) -> tuple[float, float]:
    """From the difference itself to both ends of its interval.

    Not a number where too few draws have the metric at all, such as the AUC of a class of two rows.
    """
    rng, rows = np.random.default_rng(_SEED), len(truth)
    # Ranking the rows by each class takes its time.
    size = max(_LEAST_BAG, 2 * _BAG // first.shape[1]) if metric == "auc" and first.ndim == 2 else _BAG
    count = 1 if rows <= size else _BAGS
    ends = []
    for _ in range(count):
        bag = np.arange(rows) if count == 1 else np.sort(rng.choice(rows, size, replace=False))
        measured = _Measured.on(bag, metric, truth, first, second, task)
        if measured is None:  # a bag without any row that the metric needs
            return float("nan"), float("nan")
        draws = np.concatenate([measured.differences(each) for each in _weights(rng, rows, len(bag), count)])
        known = draws[np.isfinite(draws)]
        if len(known) < _DEFINED * len(draws):
            return float("nan"), float("nan")
        one, other = measured.values()
        ends.append(np.quantile(known, (0.025, 0.975)) - (one - other))
    low, high = np.mean(ends, axis=0)
    return float(low), float(high)


def _weights(rng: np.random.Generator, rows: int, bag: int, bags: int) -> Iterator[npt.NDArray[np.float64]]:
    """How often each row of a bag is drawn when as many rows as there are in all are drawn from it."""
    left = _DRAWS // bags
    while left > 0:
        count = min(left, _AT_ONCE)
        yield rng.multinomial(rows, np.full(bag, 1 / bag), size=count).astype(np.float64)
        left -= count


def _differ(truth: Truth, first: Predictions, second: Predictions) -> bool:
    """McNemar's test at 5 %: whether more rows are right by one model alone than by the other alone."""
    right = [classes_called(each) == truth for each in (first, second)]
    alone = sorted((int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())))
    return mcnemar(*alone) < 0.05


def mcnemar(one: int, other: int) -> float:
    """The two-sided p-value of rows that one model alone has right, and of those that the other alone has."""
    few, rows = min(one, other), one + other
    if rows > _EXACT:  # the normal distribution, with continuity correction
        return _two_sided(max(0.0, abs(one - other) - 1) / rows**0.5)
    tail = sum(exp(lgamma(rows + 1) - lgamma(k + 1) - lgamma(rows - k + 1) - rows * log(2)) for k in range(few + 1))
    return float(min(1.0, 2 * tail))


def _two_sided(z: float) -> float:
    return erfc(z / 2**0.5)
