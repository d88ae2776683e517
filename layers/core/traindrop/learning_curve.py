"""How training went, round by round: from the metrics.json that a training script wrote."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from traindrop.curves import DRAWABLE, MAX_POINTS, LearningCurve
from traindrop.model_files import json_object, own_metric

_PARTS = ("train", "validation")
_MAX_METRICS = 6


def learning_curves(path: Path) -> tuple[tuple[LearningCurve, ...], int | None]:
    """Each metric that has several rounds, thinned to `MAX_POINTS`, and the best round, counted from 1.

    Nothing where there is no such file, or no rounds in it. Raises `EvaluationFailed` for a file that is no JSON.
    """
    if not path.is_file():
        return (), None
    document = json_object(path, 'Write JSON: {"validation": {"auc": [one value per round]}}.')
    parts = {part: _series(document.get(part)) for part in _PARTS}
    names = list(dict.fromkeys(name for part in reversed(_PARTS) for name in parts[part]))
    curves = tuple(_curve(name, {part: parts[part].get(name, []) for part in _PARTS}) for name in names[:_MAX_METRICS])
    best, rounds = document.get("best_iteration"), max((curve.rounds[-1] for curve in curves), default=0)
    return curves, best + 1 if isinstance(best, int) and 0 <= best < rounds else None


def _series(found: Any) -> dict[str, list[float]]:
    if not isinstance(found, dict):
        return {}
    return {name: values for name, values in found.items() if _has_rounds(values)}


def _has_rounds(values: Any) -> bool:
    return isinstance(values, list) and len(values) > 1 and all(isinstance(value, int | float) for value in values)


def _curve(name: str, series: dict[str, list[float]]) -> LearningCurve:
    length = max(map(len, series.values()))
    at = np.unique(np.linspace(0, length - 1, MAX_POINTS).round().astype(int)).tolist()
    own = own_metric(name, 0.0)[0]
    return LearningCurve(
        metric=own,
        rounds=tuple(place + 1 for place in at),
        **{part: _values(name, values, at) for part, values in series.items()},
    )


def _values(name: str, values: list[float], at: list[int]) -> tuple[float | None, ...]:
    """Nothing where there is no series; None past its end."""
    if not values:
        return ()
    return tuple(_finite(name, values[place]) if place < len(values) else None for place in at)


def _finite(name: str, value: float) -> float | None:
    found = own_metric(name, float(value))[1] if abs(value) < DRAWABLE else None
    return None if found is None or not math.isfinite(found) else float(f"{found:.6g}")
