"""Metrics from true values and predictions, with numpy only. Each equals scikit-learn's of the same name.

A metric that is undefined for its rows (the AUC of one class, the precision where nothing was called
positive) is None, which JSON can hold; it is never NaN and never a made-up 0.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from traindrop import intervals
from traindrop.calibration import calibration_error
from traindrop.intervals import Interval
from traindrop.ranking import area_under_roc as area_under_roc
from traindrop.ranking import average_precision as average_precision
from traindrop.ranking import one_against_rest

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Metrics = dict[str, float | None]
_Intervals = dict[str, Interval | None]

MAIN_METRIC = {"binary": "auc", "multiclass": "accuracy", "regression": "rmse"}
# Of all others more is better.
MAX_CLASSES_IN_MATRIX = 100
THRESHOLD = 0.5  # a row counts as class 1 where its probability is above it
RESIDUAL_QUANTILES = {"min": 0.0, "p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "max": 1.0}


@dataclass(frozen=True)
class Scores:
    """Metrics and 95 % intervals by name.

    `confusion_matrix[i][j]` is the number of rows of class i predicted as class j; None for regression
    and for more than `MAX_CLASSES_IN_MATRIX` classes, where nobody would read it. `residuals`: mean, std and
    quantiles of true value less prediction, for a regression.
    """

    metrics: Metrics
    intervals: dict[str, Interval] = field(default_factory=dict)
    confusion_matrix: list[list[int]] | None = None
    residuals: Metrics = field(default_factory=dict)


def binary(truth: Integers, probability: Floats) -> Scores:
    """Score `probability` of class 1 against `truth` of 0 and 1, both of shape (rows,), at least one row.

    A row counts as class 1 where its probability is above `THRESHOLD`.
    """
    positive = truth == 1
    called = probability > THRESHOLD
    hits, calls, positives = int((positive & called).sum()), int(called.sum()), int(positive.sum())
    metrics, found, matrix = _decisions(truth, called.astype(np.int64), 2)
    metrics |= {
        "precision": _ratio(hits, calls),
        "recall": _ratio(hits, positives),
        "f1": _ratio(2 * hits, calls + positives),
    }
    found |= {
        "precision": intervals.of_share(hits, calls),
        "recall": intervals.of_share(hits, positives),
        "f1": intervals.of_f1(hits, calls + positives - 2 * hits),
    }
    ranked, ranked_within = _ranking(positive, probability)
    told, told_within = _probabilities(positive, probability)
    return Scores(metrics | ranked | told, _present(found | ranked_within | told_within), matrix)


def _ranking(positive: npt.NDArray[np.bool_], probability: Floats) -> tuple[Metrics, _Intervals]:
    positives = int(positive.sum())
    auc, precision = area_under_roc(positive, probability), average_precision(positive, probability)
    found: _Intervals = {}
    if auc is not None and precision is not None:
        found["auc"] = intervals.of_auc(auc, positives, len(positive) - positives)
        found["pr_auc"] = intervals.of_average_precision(precision, positives)
    return {"auc": auc, "pr_auc": precision}, found


def _probabilities(positive: npt.NDArray[np.bool_], probability: Floats) -> tuple[Metrics, _Intervals]:
    """What judges the probabilities themselves."""
    losses = _log_losses(np.where(positive, probability, 1 - probability))
    squares = (probability.astype(np.float64) - positive) ** 2
    metrics: Metrics = {
        "log_loss": float(losses.mean()),
        "brier": float(squares.mean()),
        "calibration_error": calibration_error(positive, probability),
    }
    return metrics, {"log_loss": intervals.of_mean(losses), "brier": intervals.of_mean(squares)}


def multiclass(truth: Integers, probabilities: Floats) -> Scores:
    """Score `probabilities` of shape (rows, classes) against `truth`, class numbers of shape (rows,).

    A row counts as its most probable class, the first of equals. F1 is averaged over the classes that
    occur as truth or as prediction; the AUC, one class against the rest, over those that occur as truth.
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    metrics, found, matrix = _decisions(truth, predicted, classes)
    averages, averages_within = _f1_averages(truth, predicted, classes)
    auc, auc_within = one_against_rest(truth, probabilities)
    given = np.take_along_axis(probabilities, truth.astype(np.int64)[:, None], axis=1)[:, 0]
    losses = _log_losses(given)
    metrics |= averages | {"auc": auc, "log_loss": float(losses.mean())}
    found |= averages_within | {"auc": auc_within, "log_loss": intervals.of_mean(losses)}
    return Scores(metrics, _present(found), matrix)


def regression(truth: Floats, prediction: Floats) -> Scores:
    """Score `prediction` against `truth`, both of shape (rows,), finite, at least one row.

    R squared is None where all true values are the same: there is no variance to explain. MAPE, the mean of the error
    as a share of the true value, is None where a true value is 0: there is nothing to take the share of.
    """
    true = truth.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        errors = true - prediction
        squares, absolute = errors**2, np.abs(errors)
        spread = (true - true.mean()) ** 2
        constant = bool((true == true[0]).all())
        shares = absolute / np.abs(true) if bool(true.all()) else None
        metrics = {
            "rmse": _finite(np.sqrt(squares.mean())),
            "mae": _finite(absolute.mean()),
            "r2": None if constant else _finite(1 - squares.sum() / spread.sum()),
            "mape": None if shares is None else _finite(shares.mean()),
        }
    mean_square = intervals.of_mean(squares)
    found: _Intervals = {
        "rmse": (mean_square[0] ** 0.5, mean_square[1] ** 0.5) if mean_square else None,
        "mae": intervals.of_mean(absolute),
        "r2": None if metrics["r2"] is None else intervals.of_r2(squares, spread),
        "mape": None if shares is None else intervals.of_mean(shares),
    }
    return Scores(metrics, _present(found), residuals=_residuals(errors))


def _residuals(errors: npt.NDArray[np.float64]) -> Metrics:
    with np.errstate(over="ignore", invalid="ignore"):
        found = {"mean": _finite(errors.mean()), "std": _finite(errors.std())}
        ends = np.quantile(errors, list(RESIDUAL_QUANTILES.values()))
    return found | {name: _finite(end) for name, end in zip(RESIDUAL_QUANTILES, ends, strict=True)}


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


def _decisions(
    truth: Integers, predicted: Integers, classes: int
) -> tuple[Metrics, _Intervals, list[list[int]] | None]:
    """The shares of rows predicted right, overall and by class, and the confusion matrix.

    Balanced accuracy: the mean, over the classes that occur, of the share of each that was recognised.
    """
    hits = _count(truth[truth == predicted], classes)
    rows = _count(truth, classes)
    right, occurs = int(hits.sum()), rows > 0
    shares = (hits[occurs] / rows[occurs]).tolist()
    each = [intervals.of_share(*pair) for pair in zip(hits[occurs].tolist(), rows[occurs].tolist(), strict=True)]
    metrics: Metrics = {"accuracy": right / len(truth), "balanced_accuracy": float(np.mean(shares))}
    found: _Intervals = {
        "accuracy": intervals.of_share(right, len(truth)),
        "balanced_accuracy": intervals.of_weighted_mean(shares, each, [1.0] * len(shares)),
    }
    if classes > MAX_CLASSES_IN_MATRIX:
        return metrics, found, None
    cells = _count(truth.astype(np.int64) * classes + predicted, classes * classes)
    return metrics, found, cells.reshape(classes, classes).tolist()


def _f1_averages(truth: Integers, predicted: Integers, classes: int) -> tuple[Metrics, _Intervals]:
    """F1 by class: its mean over the classes that occur, and the mean weighted by their rows.

    A row of class i that is predicted as j counts for both: one more moves F1 of each, as `gains` and `losses` say.
    """
    cells, counts = np.unique(truth.astype(np.int64) * classes + predicted, return_counts=True)
    true, called = np.divmod(cells, classes)
    hits = _count(truth[truth == predicted], classes)
    rows = _count(truth, classes)
    both = rows + _count(predicted, classes)
    scores = 2 * hits / np.maximum(both, 1)
    gains, losses = 2 / np.maximum(both, 1), scores / np.maximum(both, 1)
    metrics: Metrics = {}
    found: _Intervals = {}
    for name, shares in (("f1_macro", both > 0), ("f1_weighted", rows)):
        value = float((shares * scores).sum() / shares.sum())
        weights = shares / shares.sum()
        moved = np.where(true == called, weights[true] * gains[true], 0.0)
        moved -= weights[true] * losses[true] + weights[called] * losses[called]
        if name == "f1_weighted":
            moved += (scores[true] - value) / len(truth)
        metrics[name], found[name] = value, intervals.of_linear(value, moved, counts)
    return metrics, found


def _count(numbers: Integers, size: int) -> npt.NDArray[np.int64]:
    return np.bincount(numbers, minlength=size).astype(np.int64)


def _log_losses(given: Floats) -> npt.NDArray[np.float64]:
    """-log of the true class's probability by row, which is kept off 0 and 1 by its type's precision."""
    least = float(np.finfo(given.dtype).eps)
    losses = given.astype(np.float64)
    np.log(np.clip(losses, least, 1 - least, out=losses), out=losses)
    return np.negative(losses, out=losses)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _finite(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None


def _present(found: _Intervals) -> dict[str, Interval]:
    return {name: interval for name, interval in found.items() if interval is not None}
