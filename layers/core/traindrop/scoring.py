"""Metrics from true values and predictions, with numpy only. Each equals scikit-learn's of the same name.

A metric that is undefined for its rows (the AUC of one class, the precision where nothing was called
positive) is None, which JSON can hold; it is never NaN and never a made-up 0.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from traindrop import intervals
from traindrop.intervals import Interval

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Metrics = dict[str, float | None]

MAIN_METRIC = {"binary": "auc", "multiclass": "accuracy", "regression": "rmse"}
MAX_CLASSES_IN_MATRIX = 100


@dataclass(frozen=True)
class Scores:
    """Metrics and 95 % intervals by name.

    `confusion_matrix[i][j]` is the number of rows of class i predicted as class j; None for regression
    and for more than `MAX_CLASSES_IN_MATRIX` classes, where nobody would read it.
    """

    metrics: Metrics
    intervals: dict[str, Interval] = field(default_factory=dict)
    confusion_matrix: list[list[int]] | None = None


def binary(truth: Integers, probability: Floats) -> Scores:
    """Score `probability` of class 1 against `truth` of 0 and 1, both of shape (rows,), at least one row.

    A row counts as class 1 where its probability is above 0.5.
    """
    positive = truth == 1
    called = probability > 0.5
    hits, calls, positives = int((positive & called).sum()), int(called.sum()), int(positive.sum())
    auc = area_under_roc(positive, probability)
    both = np.column_stack((1 - probability, probability))
    right, metrics, matrix = _decisions(truth, called.astype(np.int64), 2)
    metrics |= {
        "precision": _ratio(hits, calls),
        "recall": _ratio(hits, positives),
        "f1": _ratio(2 * hits, calls + positives),
        "auc": auc,
        "pr_auc": average_precision(positive, probability),
        "log_loss": _log_loss(truth, both),
        "brier": float(np.mean((probability.astype(np.float64) - positive) ** 2)),
    }
    found = {"accuracy": intervals.of_share(right, len(truth))}
    if auc is not None:
        found["auc"] = intervals.of_auc(auc, positives, len(truth) - positives)
    return Scores(metrics, _present(found), matrix)


def multiclass(truth: Integers, probabilities: Floats) -> Scores:
    """Score `probabilities` of shape (rows, classes) against `truth`, class numbers of shape (rows,).

    A row counts as its most probable class, the first of equals. F1 is averaged over the classes that
    occur as truth or as prediction; the AUC, one class against the rest, over those that occur as truth.
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    right, metrics, matrix = _decisions(truth, predicted, classes)
    f1_macro, f1_weighted = _f1_averages(truth, predicted, classes)
    areas = [area_under_roc(truth == number, probabilities[:, number]) for number in range(classes)]
    known = [area for area in areas if area is not None]
    metrics |= {
        "f1_macro": f1_macro,
        "f1_weighted": f1_weighted,
        "auc": float(np.mean(known)) if known else None,
        "log_loss": _log_loss(truth, probabilities),
    }
    return Scores(metrics, _present({"accuracy": intervals.of_share(right, len(truth))}), matrix)


def regression(truth: Floats, prediction: Floats) -> Scores:
    """Score `prediction` against `truth`, both of shape (rows,), finite, at least one row.

    R squared is None where all true values are the same: there is no variance to explain.
    """
    true = truth.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        errors = true - prediction
        squares, absolute = errors**2, np.abs(errors)
        spread = (true - true.mean()) ** 2
        constant = bool((true == true[0]).all())
        metrics = {
            "rmse": _finite(np.sqrt(squares.mean())),
            "mae": _finite(absolute.mean()),
            "r2": None if constant else _finite(1 - squares.sum() / spread.sum()),
        }
    mean_square = intervals.of_mean(squares)
    return Scores(
        metrics,
        _present(
            {
                "rmse": (mean_square[0] ** 0.5, mean_square[1] ** 0.5) if mean_square else None,
                "mae": intervals.of_mean(absolute),
            }
        ),
    )


def baseline(task: str, truth: npt.NDArray[np.generic], classes: int) -> Metrics:
    """What the best constant answer for these very rows reaches: what a model has to beat.

    Constant is each class's share of the rows (so the accuracy is the majority's and the AUC 0.5), or
    the mean of the true values.
    """
    if task == "regression":
        numbers = truth.astype(np.float64)
        return regression(numbers, np.full(len(numbers), numbers.mean())).metrics
    labels = truth.astype(np.int64)
    shares = np.bincount(labels, minlength=classes) / len(labels)
    if task == "binary":
        return binary(labels, np.full(len(labels), shares[1])).metrics
    return multiclass(labels, np.broadcast_to(shares, (len(labels), classes))).metrics


def area_under_roc(positive: npt.NDArray[np.bool_], score: Floats) -> float | None:
    """Share of (positive, negative) pairs that `score` puts in order, a tie counting half.

    None without pairs.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        return None
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(ties) - (ties - 1) / 2
    above = float(middle_rank[place[positive]].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def average_precision(positive: npt.NDArray[np.bool_], score: Floats) -> float | None:
    """Area under the precision-recall curve as a sum of steps, one for each distinct score.

    None without positives.
    """
    positives = int(positive.sum())
    if positives == 0:
        return None
    _, place, ties = np.unique(-score, return_inverse=True, return_counts=True)
    hits = np.bincount(place, weights=positive, minlength=len(ties))
    precision = np.cumsum(hits) / np.cumsum(ties)
    return float((hits * precision).sum() / positives)


def _decisions(truth: Integers, predicted: Integers, classes: int) -> tuple[int, Metrics, list[list[int]] | None]:
    """The number of rows predicted right, what follows from it for each class, and the confusion matrix.

    Balanced accuracy: the mean, over the classes that occur, of the share of each that was recognised.
    """
    hits = _count(truth[truth == predicted], classes)
    rows = _count(truth, classes)
    right, occurs = int(hits.sum()), rows > 0
    metrics: Metrics = {
        "accuracy": right / len(truth),
        "balanced_accuracy": float((hits[occurs] / rows[occurs]).mean()),
    }
    if classes > MAX_CLASSES_IN_MATRIX:
        return right, metrics, None
    cells = _count(truth.astype(np.int64) * classes + predicted, classes * classes)
    return right, metrics, cells.reshape(classes, classes).tolist()


def _f1_averages(truth: Integers, predicted: Integers, classes: int) -> tuple[float, float]:
    """F1 by class: its mean over the classes that occur, and the mean weighted by their rows."""
    hits = _count(truth[truth == predicted], classes)
    rows = _count(truth, classes)
    both = rows + _count(predicted, classes)
    occurs = both > 0
    scores = 2 * hits[occurs] / both[occurs]
    return float(scores.mean()), float((scores * rows[occurs]).sum() / rows.sum())


def _count(numbers: Integers, size: int) -> npt.NDArray[np.int64]:
    return np.bincount(numbers, minlength=size).astype(np.int64)


def _log_loss(truth: Integers, probabilities: Floats) -> float:
    """Mean of -log of the true class's probability, which is kept off 0 and 1 by its type's precision."""
    given = np.take_along_axis(probabilities, truth.astype(np.int64)[:, None], axis=1)[:, 0]
    least = float(np.finfo(probabilities.dtype).eps)
    return float(-np.log(np.clip(given.astype(np.float64), least, 1 - least)).mean())


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _finite(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None


def _present(found: dict[str, Interval | None]) -> dict[str, Interval]:
    return {name: interval for name, interval in found.items() if interval is not None}
