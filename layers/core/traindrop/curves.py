"""What the report's plots are drawn from, in evaluation.json: thinned, so that millions of rows stay small."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from traindrop.calibration import calibration_bins

MAX_POINTS = 200
MAX_CLASSES = 10  # of which each has a curve: more lines nobody can tell apart
_BINS_OF_PROBABILITY = 20
_BINS_OF_RESIDUALS = 30
DRAWABLE = 1e100  # beyond it differences overflow
# Residuals beyond these quantiles count in the outermost bins: one outlier would leave a single bar.
_SHOWN_RESIDUALS = (0.005, 0.995)

Floats = npt.NDArray[np.floating]
Truth = npt.NDArray[Any]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Curve(_Data):
    """`name`: the class that counts as positive; `x` and `y` are equally long, `MAX_POINTS` at most."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class Calibration(_Data):
    """By bins of the predicted probability of class `name`: its mean, the share of rows that are of the class, rows."""

    name: str
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    rows: tuple[int, ...]


class Histogram(_Data):
    """`counts` by series, each one shorter than `edges`."""

    edges: tuple[float, ...]
    counts: dict[str, tuple[int, ...]]


class Points(_Data):
    """Rows evenly spaced in the order of their true values, the least and the greatest among them."""

    true: tuple[float, ...]
    predicted: tuple[float, ...]


class LearningCurve(_Data):
    """A metric by round or epoch, counted from 1; None where it was not finite."""

    metric: str
    rounds: tuple[int, ...]
    train: tuple[float | None, ...] = ()
    validation: tuple[float | None, ...] = ()


class Curves(_Data):
    """Of a task what it has: a binary one has the curves of its positive class, a multiclass one those of each class
    against the rest, up to `MAX_CLASSES` of them."""

    roc: tuple[Curve, ...] = Field((), description="False positive rate, true positive rate.")
    precision_recall: tuple[Curve, ...] = Field((), description="Recall, precision.")
    calibration: tuple[Calibration, ...] = ()
    scores: Histogram | None = Field(
        None,
        description="binary: rows by the probability of the positive class, by true class; multiclass: by the "
        "probability of the predicted class, right and wrong ones.",
    )
    predicted_against_true: Points | None = None
    residuals: Histogram | None = Field(None, description="Rows by predicted less true value.")
    learning: tuple[LearningCurve, ...] = ()
    best_round: int | None = Field(None, description="Of the learning curve, from 1: the one that the model ends with.")


def curves_of(
    task: str, truth: Truth, predicted: Floats, classes: tuple[str, ...], learning: Curves | None = None
) -> Curves:
    """Of scored rows, with the learning curve of `learning`.

    `truth`: class numbers or values, shape (rows,); `predicted`: as scoring takes it.
    """
    if task == "regression":
        found = _regression(truth.astype(np.float64), predicted.astype(np.float64))
    elif task == "binary":
        found = _of_classes([(classes[1], truth == 1, predicted)], _by_class(truth, predicted, classes))
    else:
        shown = classes if len(classes) <= MAX_CLASSES else ()
        ones = [(name, truth == number, predicted[:, number]) for number, name in enumerate(shown)]
        found = _of_classes(ones, _right_and_wrong(truth, predicted))
    if learning is None:
        return found
    return found.model_copy(update={"learning": learning.learning, "best_round": learning.best_round})


def _of_classes(ones: list[tuple[str, npt.NDArray[np.bool_], Floats]], scores: Histogram) -> Curves:
    """Of each class that is drawn: its name, which rows are of it, and their predicted probability."""
    ranked = [(name, _ranked(positive, score)) for name, positive, score in ones]
    return Curves(
        roc=tuple(curve for one in ranked if (curve := _roc(*one))),
        precision_recall=tuple(curve for one in ranked if (curve := _precision_recall(*one))),
        calibration=tuple(_calibration(*one) for one in ones),
        scores=scores,
    )


def thinned(x: Floats, y: Floats, points: int = MAX_POINTS) -> npt.NDArray[np.intp]:
    """Positions of at most `points` points that draw the same curve: evenly spaced along its way, with both ends."""
    if len(x) <= points:
        return np.arange(len(x))
    steps = np.abs(np.diff(x)) / _span(x) + np.abs(np.diff(y)) / _span(y)
    way = np.concatenate(([0.0], np.cumsum(steps)))
    found = np.searchsorted(way, np.linspace(0, way[-1], points))
    found[-1] = len(x) - 1
    return np.unique(found)


def _span(values: Floats) -> float:
    return float(np.ptp(values)) or 1.0


def _curve(name: str, x: Floats, y: Floats) -> Curve:
    kept = thinned(x, y)
    return Curve(name=name, x=_short(x[kept]), y=_short(y[kept]))


def _short(values: Floats) -> tuple[float, ...]:
    """Six digits: more than a plot can show."""
    return tuple(float(f"{value:.6g}") for value in values)


@dataclass(frozen=True)
class _Ranked:
    """By distinct score, from the highest: how many rows score so high, positive ones (`hits`) and all (`calls`)."""

    hits: Floats
    calls: Floats
    positives: int
    rows: int


def _ranked(positive: npt.NDArray[np.bool_], score: Floats) -> _Ranked:
    order = np.argsort(score, kind="stable")[::-1]
    ordered = score[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    hits = np.cumsum(positive[order])[last].astype(np.float64)
    return _Ranked(hits, (last + 1).astype(np.float64), int(positive.sum()), len(score))


def _roc(name: str, found: _Ranked) -> Curve | None:
    """None where there are only positive rows, or none."""
    if found.positives in (0, found.rows):
        return None
    false = (found.calls - found.hits) / (found.rows - found.positives)
    return _curve(name, np.append(0.0, false), np.append(0.0, found.hits / found.positives))


def _precision_recall(name: str, found: _Ranked) -> Curve | None:
    """From the highest threshold downwards; None where there are no positive rows."""
    if found.positives == 0:
        return None
    return _curve(name, found.hits / found.positives, found.hits / found.calls)


def _calibration(name: str, positive: npt.NDArray[np.bool_], score: Floats) -> Calibration:
    bins = calibration_bins(positive, score)
    return Calibration(
        name=name,
        predicted=_short(bins.probability),
        observed=_short(bins.share),
        rows=tuple(bins.rows.tolist()),
    )


def _by_class(truth: Truth, probability: Floats, classes: tuple[str, ...]) -> Histogram:
    return _shares({name: probability[truth == number] for number, name in enumerate(classes)})


def _right_and_wrong(truth: Truth, probabilities: Floats) -> Histogram:
    right = probabilities.argmax(axis=1) == truth
    highest = probabilities.max(axis=1)
    return _shares({"right": highest[right], "wrong": highest[~right]})


def _shares(values: dict[str, Floats]) -> Histogram:
    edges = np.linspace(0, 1, _BINS_OF_PROBABILITY + 1)
    counts = {name: tuple(np.histogram(np.clip(found, 0, 1), edges)[0].tolist()) for name, found in values.items()}
    return Histogram(edges=_short(edges), counts=counts)


def _regression(true: Floats, predicted: Floats) -> Curves:
    known = (np.abs(true) < DRAWABLE) & (np.abs(predicted) < DRAWABLE)
    true, predicted = true[known], predicted[known]
    if not len(true):
        return Curves()
    order = np.argsort(true, kind="stable")
    kept = order[np.unique(np.linspace(0, len(order) - 1, MAX_POINTS).round().astype(np.int64))]
    return Curves(
        predicted_against_true=Points(true=_short(true[kept]), predicted=_short(predicted[kept])),
        residuals=_residuals(predicted - true),
    )


def _residuals(errors: Floats) -> Histogram | None:
    """None where they are too large to be told apart."""
    low, high = np.quantile(errors, _SHOWN_RESIDUALS)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, min(_BINS_OF_RESIDUALS, max(5, int(len(errors) ** 0.5))) + 1)
    if not (np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        return None
    counts = np.histogram(np.clip(errors, low, high), edges)[0]
    return Histogram(edges=_short(edges), counts={"rows": tuple(counts.tolist())})
