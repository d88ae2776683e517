"""95 % confidence intervals of the main metrics, from one held-out sample. Pure and deterministic.

They say how far a metric could move with other rows of the same kind; not how it moves with another
seed of the training.
"""

from collections.abc import Sequence
from math import exp, sqrt

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
_MIN_ROWS_FOR_ERROR = 10
_HALVINGS = 60
_LARGEST_EXPONENT = 50  # an interval of so many magnitudes says nothing


def of_share(hits: float, rows: int) -> Interval | None:
    """Interval of a share such as accuracy: Wilson's score interval; None without rows.

    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference,
    J. Am. Stat. Assoc. 22:209-212. It stays within 0 and 1 and does not shrink to nothing at either.
    """
    return _wilson(hits / rows, rows) if rows else None


def _wilson(share: float, rows: float) -> Interval:
    weight = _Z * _Z / rows
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / rows + weight / (4 * rows)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def of_auc(auc: float, positives: int, negatives: int) -> Interval | None:
    """Interval of the area under the ROC curve: Newcombe's method 5; None where a class is missing.

    R. G. Newcombe (2006), Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic, part 2, Stat. Med. 25:559-573: the areas from which `auc` is no further than 1.96 of
    *their* standard errors, with the variance of Hanley and McNeil (1982, Radiology 143:29-36), both
    class sizes in its exponential terms replaced by their mean. Unlike an interval around `auc` itself,
    it stays within 0 and 1 and does not shrink to nothing when the classes are ranked perfectly.
    """
    if positives == 0 or negatives == 0:
        return None
    return 1 - _highest_auc(1 - auc, positives, negatives), _highest_auc(auc, positives, negatives)


def _highest_auc(auc: float, positives: int, negatives: int) -> float:
    """By halving: beyond `auc`, the distance grows and the standard error falls towards an area of 1."""
    low, high = auc, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle - auc <= _Z * _standard_error(middle, positives, negatives):
            low = middle
        else:
            high = middle
    return low


def _standard_error(auc: float, positives: int, negatives: int) -> float:
    exponential = ((positives + negatives) / 2 - 1) * ((1 - auc) / (2 - auc) + auc / (1 + auc))
    return sqrt(auc * (1 - auc) * (1 + exponential) / (positives * negatives))


def of_mean(values: npt.NDArray[np.float64]) -> Interval | None:
    """Interval of the mean of non-negative `values`, such as squared errors: Student's t.

    None below 10 rows: the distribution of errors is not normal, and the mean of so few is not either.
    """
    rows = len(values)
    if rows < _MIN_ROWS_FOR_ERROR:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        mean, half = float(values.mean()), _t(rows - 1) * float(values.std(ddof=1)) / sqrt(rows)
    if not np.isfinite(mean) or not np.isfinite(half):
        return None
    return max(0.0, mean - half), mean + half


def of_average_precision(value: float, positives: int) -> Interval | None:
    """Interval of the area under the precision-recall curve: that of a share of the positives; None without any.

    K. Boyd, K. H. Eng, C. D. Page (2013), Area under the precision-recall curve: point estimates and confidence
    intervals, ECML PKDD: the area varies like a share of as many rows as there are positives. Their intervals are the
    plain and the logit one, of which both shrink to nothing at 1; Wilson's does not.
    """
    return of_share(value * positives, positives)


def of_f1(hits: int, errors: int) -> Interval | None:
    """Interval of F1 from the rows of the class called so, and those missed or called so wrongly; None without any.

    F1 is 2 J / (1 + J), which rises with J, the share of `hits` among both: so its ends are those of J's interval.
    """
    found = of_share(hits, hits + errors)
    return None if found is None else (2 * found[0] / (1 + found[0]), 2 * found[1] / (1 + found[1]))


def of_weighted_mean(
    values: Sequence[float], found: Sequence[Interval | None], weights: Sequence[float]
) -> Interval | None:
    """Interval of a mean of metrics from theirs, by class: the squared distances to their ends add up.

    G. Y. Zou, A. Donner (2008), Construction of confidence limits about effect measures: a general approach,
    Stat. Med. 27:1693-1702 (MOVER), which takes the metrics for independent. Weights are relative. None where one of
    them has no interval.
    """
    total, value, below, above = float(sum(weights)), 0.0, 0.0, 0.0
    for metric, interval, weight in zip(values, found, weights, strict=True):
        if interval is None:
            return None
        value += weight / total * metric
        below += (weight / total * (metric - interval[0])) ** 2
        above += (weight / total * (interval[1] - metric)) ** 2
    return max(0.0, value - sqrt(below)), min(1.0, value + sqrt(above))


def of_linear(value: float, influences: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> Interval | None:
    """Interval of a metric between 0 and 1, from what one more row moves it by; `counts` rows of each influence.

    The influences give the variance (delta method), the variance the rows that a share would need to vary as much, and
    these Wilson's interval (C. Franco, R. J. A. Little, T. A. Louis, E. V. Slud, 2019, Comparative study of confidence
    intervals for proportions in complex sample surveys, J. Surv. Stat. Methodol. 7:334-364). None without rows.
    """
    rows = int(counts.sum())
    centred = influences - (counts * influences).sum() / rows if rows else influences
    variance = float((counts * centred**2).sum())
    spread = value * (1 - value)
    return of_share(value * rows, rows) if variance <= 0 or spread <= 0 else _wilson(value, spread / variance)


def of_r2(squares: npt.NDArray[np.float64], spread: npt.NDArray[np.float64]) -> Interval | None:
    """Interval of R squared, from each row's squared error and its squared distance from the mean.

    By the delta method on the logarithm of the ratio of the two means (W. G. Cochran, 1977, Sampling techniques,
    6.4), which keeps the upper end below 1. None below 10 rows, and where there is no error or no spread.
    """
    rows = len(squares)
    if rows < _MIN_ROWS_FOR_ERROR:
        return None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        ratio = float(squares.mean() / spread.mean())
        error = float((squares - ratio * spread).std(ddof=1) / (spread.mean() * sqrt(rows)))
        half = _t(rows - 1) * error / ratio if ratio > 0 else np.nan
    if not np.isfinite(half) or half > _LARGEST_EXPONENT:
        return None
    return 1 - ratio * exp(half), 1 - ratio * exp(-half)


def _t(freedom: int) -> float:
    """97.5 % quantile of Student's t: Abramowitz and Stegun 26.7.5; 4 digits from 9 degrees of freedom."""
    z = _Z
    terms: tuple[float, ...] = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / float(freedom) ** power for power, term in enumerate(terms))
