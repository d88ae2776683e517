"""How well scores put rows in order: areas under curves, each equal to scikit-learn's of the same name."""

import numpy as np
import numpy.typing as npt

from traindrop import intervals
from traindrop.intervals import Interval

Floats = npt.NDArray[np.floating]


def area_under_roc(positive: npt.NDArray[np.bool_], score: Floats) -> float | None:
    """Share of (positive, negative) pairs that `score` puts in order, a tie counting half.

    None without pairs.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        return None
    hits, ties = _by_score(positive, score)
    middle_rank = np.cumsum(ties) - (ties - 1) / 2
    above = float((hits * middle_rank).sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def average_precision(positive: npt.NDArray[np.bool_], score: Floats) -> float | None:
    """Area under the precision-recall curve as a sum of steps, one for each distinct score.

    None without positives.
    """
    positives = int(positive.sum())
    if positives == 0:
        return None
    hits, ties = (counts[::-1] for counts in _by_score(positive, score))
    precision = np.cumsum(hits) / np.cumsum(ties)
    return float((hits * precision).sum() / positives)


def _by_score(positive: npt.NDArray[np.bool_], score: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of each distinct score, the lowest first: its positive rows, and all of its rows.

    By sorting scores alone: numpy sorts them much faster than the rows' numbers, and in less memory.
    """
    scores, ties = np.unique(score, return_counts=True)
    hit, counts = np.unique(score[positive], return_counts=True)
    hits = np.zeros(len(scores), dtype=np.int64)
    hits[np.searchsorted(scores, hit)] = counts
    return hits, ties


def one_against_rest(truth: npt.NDArray[np.integer], probabilities: Floats) -> tuple[float | None, Interval | None]:
    """The mean AUC over the classes that occur, and the wider of two intervals.

    One takes the classes' areas for independent, the other knows how rows move them together, but shrinks to nothing
    where the ranking is perfect.
    """
    areas, found = [], []
    moved = np.zeros(len(truth))
    for number, positives in enumerate(np.bincount(truth, minlength=probabilities.shape[1]).tolist()):
        positive = truth == number
        area = area_under_roc(positive, probabilities[:, number]) if positives else None
        if area is not None:
            areas.append(area)
            found.append(intervals.of_auc(area, positives, len(truth) - positives))
            moved += _moved_area(positive, probabilities[:, number], area)
    if not areas:
        return None, None
    mean = float(np.mean(areas))
    apart = intervals.of_weighted_mean(areas, found, [1.0] * len(areas))
    together = intervals.of_linear(mean, moved / len(areas), np.ones(len(truth), dtype=np.int64))
    if apart is None or together is None:
        return mean, None
    return mean, (min(apart[0], together[0]), max(apart[1], together[1]))


def _moved_area(positive: npt.NDArray[np.bool_], score: Floats, area: float) -> npt.NDArray[np.float64]:
    """By how much each row moves the AUC: the share of the other class that it is in order with, less the area.

    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (1988), Biometrics 44:837-845 (placement values).
    """
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    hits = np.bincount(place, weights=positive, minlength=len(ties))
    positives = hits.sum()
    negatives = len(positive) - positives
    below = (np.cumsum(ties - hits) - (ties - hits) / 2) / negatives
    above = (positives - np.cumsum(hits) + hits / 2) / positives
    return np.asarray(np.where(positive, (below[place] - area) / positives, (above[place] - area) / negatives))
