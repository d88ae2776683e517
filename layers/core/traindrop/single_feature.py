"""How much of the target one column alone tells, on rows that it was not learnt from."""

import numpy as np
import numpy.typing as npt

from traindrop.column import Column
from traindrop.file_look import FileLook
from traindrop.file_parts import SEED
from traindrop.ranking import area_under_roc

Values = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_BINS = 64
_LEAST_ROWS = 15  # of a class; fewer can be told apart by chance
_PRIOR_ROWS = 1.0


def power(look: FileLook, column: Column, target: Values, classes: int) -> float | None:
    """0 to 1 for what `column` alone tells of `target`, class numbers or (with 0 classes) values, NaN where missing.

    For two classes the AUC, for more the lowest of the classes' (the answer is given away only where each is), for a
    regression R squared, or the squared rank correlation. None where there are too few rows to say.
    """
    known = ~np.isnan(target)
    truth, codes = target[known], _codes(look, column)[known]
    ranks = None if column.kind in ("text", "empty") else look.numbers(column)[known]
    if classes:
        return _power_of_classes(codes, ranks, truth.astype(np.int64), classes)
    if len(truth) < 2 * _LEAST_ROWS or np.ptp(truth) == 0:
        return None
    unexplained = ((truth - _out_of_fold(codes, truth)) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    return max(float(1 - unexplained), _rank_correlation(ranks, truth) if ranks is not None else 0.0, 0.0)


def _power_of_classes(codes: Codes, ranks: Values | None, truth: Codes, classes: int) -> float | None:
    areas = []
    for number in range(classes):
        positive = truth == number
        if min(positive.sum(), (~positive).sum()) < _LEAST_ROWS:
            continue
        area = area_under_roc(positive, _out_of_fold(codes, positive.astype(float))) or 0.0
        if classes == 2 and ranks is not None:
            area = max(area, *(_either_way(positive, np.nan_to_num(ranks, nan=end)) for end in (-np.inf, np.inf)))
        areas.append(area)
    return min(areas) if len(areas) > 1 else None


def _either_way(positive: npt.NDArray[np.bool_], score: Values) -> float:
    area = area_under_roc(positive, score) or 0.5
    return max(area, 1 - area)


def _out_of_fold(codes: Codes, truth: Values) -> Values:
    """For each row the mean of `truth` of the same code in the other half of the rows."""
    half = np.random.default_rng(SEED).permutation(len(codes)) % 2
    size = int(codes.max()) + 1
    found = np.empty(len(codes))
    for own in (0, 1):
        other = half != own
        rows = np.bincount(codes[other], minlength=size)
        sums = np.bincount(codes[other], weights=truth[other], minlength=size)
        means = (sums + _PRIOR_ROWS * truth[other].mean()) / (rows + _PRIOR_ROWS)
        found[~other] = means[codes[~other]]
    return found


def _codes(look: FileLook, column: Column) -> Codes:
    """Each sampled cell's category, or the bin of its number; what is missing is a category of its own."""
    if column.kind in ("text", "empty"):
        return np.unique(np.array([cell.strip()[:200] for cell in look.cells[column.name]]), return_inverse=True)[1]
    values = look.numbers(column)
    present = values[~np.isnan(values)]
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(present) else present
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))


def _rank_correlation(values: Values, truth: Values) -> float:
    """Spearman's, squared, over the rows that have a value; 0 where few have one."""
    present = ~np.isnan(values)
    if present.sum() < max(2 * _LEAST_ROWS, len(values) / 2):
        return 0.0
    one, other = (_mean_ranks(given[present]) for given in (values, truth))
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)


def _mean_ranks(values: Values) -> Values:
    _, place, ties = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(ties) - (ties - 1) / 2)[place])
