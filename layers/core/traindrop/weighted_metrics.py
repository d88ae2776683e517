"""The metrics of `traindrop.scoring` for many weightings of the same rows at once, as a bootstrap needs them."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from traindrop.calibration import CALIBRATION_BINS, bin_of
from traindrop.scoring import THRESHOLD

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.generic]
Predictions = npt.NDArray[np.floating]
# From weights of shape (draws, rows) to one value for each draw; not a number where it is undefined.
Statistic = Callable[[Floats], Floats]


def statistic(metric: str, task: str, truth: Truth, predictions: Predictions) -> Statistic | None:
    """A metric of one model; None for a metric that the task does not have.

    With weights of 1 it is what `traindrop.scoring` says.
    """
    if task == "regression":
        return _of_numbers(metric, truth.astype(np.float64), predictions.astype(np.float64))
    classes = predictions.shape[1] if predictions.ndim == 2 else 2
    labels = truth.astype(np.int64)
    called = classes_called(predictions)
    if metric == "accuracy":
        return _mean((called == labels).astype(np.float64))
    if metric == "log_loss":
        return _mean(_losses(labels, predictions))
    if metric in _BY_CLASS:
        return lambda weights: _BY_CLASS[metric](*_counts(labels, called, classes, weights))
    if task == "binary":
        return _of_probability(metric, labels, called, predictions)
    return _mean_area(labels, predictions) if metric == "auc" else None


def classes_called(predictions: Predictions) -> npt.NDArray[np.int64]:
    """The class that each row is called, by its number: as `traindrop.scoring` does."""
    found = predictions.argmax(axis=1) if predictions.ndim == 2 else predictions > THRESHOLD
    return found.astype(np.int64)


def _of_numbers(metric: str, truth: Floats, predictions: Floats) -> Statistic | None:
    with np.errstate(over="ignore"):
        errors = truth - predictions
        squares = errors**2
    if metric == "rmse":
        return lambda weights: np.sqrt(_mean(squares)(weights))
    if metric == "mae":
        return _mean(np.abs(errors))
    if metric == "mape" and (truth != 0).all():
        return _mean(np.abs(errors / truth))
    varies = bool((truth != truth[0]).any())
    return _explained(squares, truth - truth.mean()) if metric == "r2" and varies else None


def _explained(squares: Floats, around: Floats) -> Statistic:
    """R squared; the true values come with their mean taken off."""

    def measure(weights: Floats) -> Floats:
        spread = _mean(around**2)(weights) - _mean(around)(weights) ** 2
        return _ratio(spread - _mean(squares)(weights), spread)

    return measure


def _of_probability(
    metric: str, labels: npt.NDArray[np.int64], called: npt.NDArray[np.int64], probability: Predictions
) -> Statistic | None:
    positive, score = labels == 1, probability.astype(np.float64)
    if metric == "brier":
        return _mean((score - positive) ** 2)
    if metric == "auc":
        return _area(positive, probability)
    if metric == "pr_auc":
        return _average_precision(positive, probability)
    if metric == "calibration_error":
        return _calibration_error(positive, score)
    if metric not in {"precision", "recall", "f1"}:
        return None
    hits, calls, positives = (each.astype(np.float64) for each in (positive & (called == 1), called == 1, positive))

    def measure(weights: Floats) -> Floats:
        right, of_calls, of_positives = weights @ hits, weights @ calls, weights @ positives
        if metric == "f1":
            return _ratio(2 * right, of_calls + of_positives)
        return _ratio(right, of_calls if metric == "precision" else of_positives)

    return measure


def _mean(values: Floats) -> Statistic:
    return lambda weights: (weights @ values) / weights.sum(axis=1)


def _losses(labels: npt.NDArray[np.int64], predictions: Predictions) -> Floats:
    both = predictions if predictions.ndim == 2 else np.column_stack((1 - predictions, predictions))
    given = np.take_along_axis(both, labels[:, None], axis=1)[:, 0].astype(np.float64)
    least = float(np.finfo(predictions.dtype).eps)
    return -np.log(np.clip(given, least, 1 - least))


def _counts(
    labels: npt.NDArray[np.int64], called: npt.NDArray[np.int64], classes: int, weights: Floats
) -> tuple[Floats, Floats, Floats]:
    """Of each draw and class: the rows recognised, those that are of it, those that were called it."""
    found = [
        (weights @ ((labels == each) & (called == each)), weights @ (labels == each), weights @ (called == each))
        for each in range(classes)
    ]
    hits, rows, calls = (np.stack(part, axis=1).astype(np.float64) for part in zip(*found, strict=True))
    return hits, rows, calls


def _balanced(hits: Floats, rows: Floats, _calls: Floats) -> Floats:
    return _mean_of_known(_ratio(hits, rows))


def _f1_macro(hits: Floats, rows: Floats, calls: Floats) -> Floats:
    return _mean_of_known(_ratio(2 * hits, rows + calls))


def _f1_weighted(hits: Floats, rows: Floats, calls: Floats) -> Floats:
    scores = np.nan_to_num(_ratio(2 * hits, rows + calls))
    return _ratio((scores * rows).sum(axis=1), rows.sum(axis=1))


_BY_CLASS = {"balanced_accuracy": _balanced, "f1_macro": _f1_macro, "f1_weighted": _f1_weighted}


def _mean_of_known(values: Floats) -> Floats:
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Not a number where the whole is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(whole == 0, np.nan, part / whole)
    return found


def _by_score(positive: npt.NDArray[np.bool_], score: Predictions) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Weights of positives and of negatives by distinct score, the lowest score first."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], np.diff(score[order]) != 0)))
    is_positive = positive[order].astype(np.float64)

    def split(weights: Floats) -> tuple[Floats, Floats]:
        in_order = weights[:, order]
        both = np.add.reduceat(in_order, starts, axis=1)
        ones = np.add.reduceat(in_order * is_positive, starts, axis=1)
        return ones, both - ones

    return split


def _area(positive: npt.NDArray[np.bool_], score: Predictions) -> Statistic:
    """ROC AUC: the share of pairs in order, a tie counting half."""
    split = _by_score(positive, score)

    def measure(weights: Floats) -> Floats:
        ones, zeros = split(weights)
        below = np.cumsum(zeros, axis=1) - zeros / 2
        return _ratio((ones * below).sum(axis=1), ones.sum(axis=1) * zeros.sum(axis=1))

    return measure


def _average_precision(positive: npt.NDArray[np.bool_], score: Predictions) -> Statistic:
    split = _by_score(positive, -score)

    def measure(weights: Floats) -> Floats:
        ones, zeros = split(weights)
        precision = np.nan_to_num(_ratio(np.cumsum(ones, axis=1), np.cumsum(ones + zeros, axis=1)))
        return _ratio((ones * precision).sum(axis=1), ones.sum(axis=1))

    return measure


def _calibration_error(positive: npt.NDArray[np.bool_], score: Floats) -> Statistic:
    """Over bins of equal width: how far the mean probability is from the share of positives."""
    gaps = np.where(bin_of(score)[:, None] == np.arange(CALIBRATION_BINS), (positive - score)[:, None], 0.0)
    return lambda weights: np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1)


def _mean_area(labels: npt.NDArray[np.int64], probabilities: Predictions) -> Statistic:
    """One class against the rest, over the classes that a draw has."""

    def areas(weights: Floats) -> Iterator[Floats]:
        for each in range(probabilities.shape[1]):
            yield _area(labels == each, probabilities[:, each])(weights)

    return lambda weights: _mean_of_known(np.stack(list(areas(weights)), axis=1))
