"""Which columns a model lives on: by its trees, and by what it loses on the test rows without them."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from traindrop import scoring
from traindrop.dataset import Schema
from traindrop.predictions import BoosterPredict
from traindrop.row_sample import RowSample, batch_of

REPEATS = 5
MAX_PERMUTED = 50  # columns, by gain
MAX_KEPT = 200
# Of trees passed through by a row; some 80 million a second on one thread (measured, depth 6).
MAX_STEPS = 100_000_000


class Importance(BaseModel):
    """Of a column of the file, all its features together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    gain: float | None = Field(description="Share of the gain of all splits; None for a model that splits nothing.")
    permutation: float | None = Field(
        description="How much worse the task's metric (binary: auc, multiclass: accuracy, regression: rmse) gets on a "
        "sample of the test rows where the column's values change places among them: the mean of five times, None "
        "where it was not measured. Breiman, Random Forests, 2001."
    )
    permutation_std: float | None = None


def importances_of(
    predict: BoosterPredict, sample: RowSample, truth: npt.NDArray[np.float64], schema: Schema
) -> tuple[Importance, ...]:
    """The columns of a model, the most important first. `truth`: of all rows of the file, NaN where it is not known."""
    places: dict[str, list[int]] = {}
    for place, feature in enumerate(schema.columns):
        places.setdefault(feature.name, []).append(place)
    by_feature = predict.total_gain()
    gains = {name: sum(by_feature.get(place, 0.0) for place in at) for name, at in places.items()}
    total = sum(gains.values())
    measured = _permuted(predict, sample, truth, schema, _worth_permuting(places, gains if total else {}))
    found = [
        Importance(
            column=name,
            gain=_short(gains[name] / total) if total else None,
            permutation=None if name not in measured else _short(measured[name][0]),
            permutation_std=None if name not in measured else _short(measured[name][1]),
        )
        for name in places
    ]
    found.sort(key=lambda each: (each.gain or 0, each.permutation or 0), reverse=True)
    return tuple(found[:MAX_KEPT])


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _worth_permuting(places: Mapping[str, list[int]], gains: Mapping[str, float]) -> dict[str, list[int]]:
    """A column that no tree asks for cannot matter."""
    names = sorted(places, key=lambda name: gains.get(name, 0.0), reverse=True)
    return {name: places[name] for name in names[:MAX_PERMUTED] if not gains or gains[name] > 0}


def _permuted(
    predict: BoosterPredict,
    sample: RowSample,
    truth: npt.NDArray[np.float64],
    schema: Schema,
    places: Mapping[str, list[int]],
) -> dict[str, tuple[float, float]]:
    """By column mean and standard deviation of how much worse the metric gets."""
    labels = truth[sample.rows]
    known = np.flatnonzero(~np.isnan(labels))
    rows = known[: max(100, MAX_STEPS // max(1, predict.trees * REPEATS * len(places)))]
    labels, features = labels[rows], sample.features[rows]
    whole = _quality(schema, labels, predict(batch_of(features))) if len(rows) > 1 else None
    if whole is None:
        return {}
    random = np.random.default_rng(42)
    found = {}
    for name, at in places.items():
        losses = []
        for _ in range(REPEATS):
            mixed = features.copy()
            mixed[:, at] = features[random.permutation(len(rows))][:, at]
            losses.append(whole - (_quality(schema, labels, predict(batch_of(mixed))) or 0.0))
        found[name] = float(np.mean(losses)), float(np.std(losses))
    return found


def _quality(schema: Schema, labels: npt.NDArray[np.float64], predicted: scoring.Floats) -> float | None:
    """The task's metric, the greater the better; None where these rows do not define it."""
    if schema.task == "regression":
        found = float(np.sqrt(np.mean((labels - predicted) ** 2)))
        return -found if np.isfinite(found) else None
    if schema.task == "binary":
        return scoring.area_under_roc(labels == 1, predicted)
    return float(np.mean(predicted.argmax(axis=1) == labels))
