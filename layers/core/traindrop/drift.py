"""How far apart two samples of a column are, and how far chance alone may bring two samples of one distribution."""

from collections.abc import Sequence
from math import log, sqrt

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def kolmogorov_smirnov(first: Values, second: Values) -> float:
    """The greatest distance between two samples' distribution functions, 0 to 1; neither is empty or holds NaN."""
    points = np.concatenate((first, second))
    shares = [np.searchsorted(np.sort(values), points, side="right") / len(values) for values in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def kolmogorov_smirnov_limit(first: int, second: int, chance: float) -> float:
    """What the distance of two samples of one distribution, of so many rows, exceeds with no more than this chance.

    From the first term of Kolmogorov's series (Smirnov, 1948), which overstates the chance; ties only lower it.
    """
    return sqrt(-log(chance / 2) / 2 * (1 / first + 1 / second))


def total_variation(first: Sequence[int], second: Sequence[int]) -> float:
    """Half the sum of the differences in share, 0 to 1, of counts by category; neither has a sum of 0."""
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    return float(np.abs(one / one.sum() - other / other.sum()).sum() / 2)


def total_variation_limit(first: Sequence[int], second: Sequence[int], chance: float) -> float:
    """As `kolmogorov_smirnov_limit`, for `total_variation`.

    Its expectation is at most half the sum of the standard deviations of the differences in share; beyond it, by
    McDiarmid's inequality (1989): one row moves it by one over its sample's rows.
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    both = 1 / one.sum() + 1 / other.sum()
    shares = (one + other) / (one + other).sum()
    return float(np.sqrt(shares * (1 - shares) * both).sum() / 2 + sqrt(log(1 / chance) / 2 * both))
