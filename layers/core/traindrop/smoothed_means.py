"""The order of a category's values by the mean of the target, for whoever has counted rows and summed the target.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from collections.abc import Sequence

# Rows of the overall mean that each value's mean is mixed with: a rare value's own rows say little. 0 to 30 cannot be
# told apart by cross-validation, but for columns of hundreds of values, where 0 is worse.
PRIOR_ROWS = 10


def smoothed(rows: float, total: float, mean: float) -> float:
    """The mean of `rows` rows whose target sums up to `total`, where `mean` is that of all."""
    return (total + PRIOR_ROWS * mean) / (rows + PRIOR_ROWS)


def order_of(rows: Sequence[float], totals: Sequence[float], mean: float) -> list[int]:
    """The values' numbers, by rising mean; those of equal mean as they were."""
    return sorted(range(len(rows)), key=lambda number: smoothed(rows[number], totals[number], mean))
