"""95 % confidence intervals of the main metrics, from one held-out sample. Pure and deterministic.

They say how far a metric could move with other rows of the same kind; not how it moves with another
seed of the training.
"""

from math import sqrt

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
_MIN_ROWS_FOR_ERROR = 10
_HALVINGS = 60


def of_share(hits: int, rows: int) -> Interval | None:
    """Interval of a share such as accuracy: Wilson's score interval; None without rows.

    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference,
    J. Am. Stat. Assoc. 22:209-212. It stays within 0 and 1 and does not shrink to nothing at either.
    """
    if rows == 0:
        return None
    share, weight = hits / rows, _Z * _Z / rows
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
