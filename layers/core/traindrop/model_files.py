"""dataset.json and metrics.json, which a training script leaves beside its model."""

import json
import math
from pathlib import Path
from typing import Any

from traindrop.dataset import DatasetError, Schema
from traindrop.errors import EvaluationFailed


def training_metrics(path: Path, part: str = "validation") -> dict[str, float | None]:
    """The metrics of one part of the rows in metrics.json, by our names, of the best round or else of the last.

    Empty where there is no such file or no metrics of that part in it, which is "validation" or "train".
    Raises `EvaluationFailed` for a file that is there and cannot be read.
    """
    if not path.is_file():
        return {}
    document = json_object(path, 'Write JSON: {"validation": {"auc": [one value per round]}}.')
    best, found = document.get("best_iteration"), document.get(part)
    if not isinstance(found, dict):
        return {}
    metrics: dict[str, float | None] = {}
    for name, values in found.items():
        series = values if isinstance(values, list) else [values]
        at = best if isinstance(best, int) and 0 <= best < len(series) else -1
        if series and isinstance(series[at], int | float):
            own, value = own_metric(name, float(series[at]))
            metrics[own] = value
    return metrics


# XGBoost's name of a metric: ours, and whether ours is what is missing to 1.
_XGBOOST_METRICS = {
    "logloss": ("log_loss", False),
    "mlogloss": ("log_loss", False),
    "error": ("accuracy", True),
    "merror": ("accuracy", True),
    "aucpr": ("pr_auc", False),
}


def own_metric(name: str, value: float) -> tuple[str, float | None]:
    """A metric of XGBoost's by our name, None where it is not finite; others keep their names."""
    own, complement = _XGBOOST_METRICS.get(name, (name, False))
    value = 1 - value if complement else value
    return own, value if math.isfinite(value) else None


def read_schema(path: Path) -> Schema:
    """Raises `EvaluationFailed` where dataset.json is missing or is not what traindrop.dataset wrote."""
    mend = "Write it with traindrop.dataset.Schema.to_json into SM_MODEL_DIR."
    if not path.is_file():
        raise EvaluationFailed(f"model.tar.gz holds no {path.name}, so no file can be read for it. {mend}")
    try:
        schema = Schema.from_json(json_object(path, mend))
    except (DatasetError, AttributeError) as error:
        raise EvaluationFailed(f"{path.name} cannot be read: {error} {mend}") from error
    fits = {"binary": len(schema.classes) == 2, "multiclass": len(schema.classes) > 2, "regression": True}
    if not fits.get(schema.task) or not schema.columns:
        raise EvaluationFailed(
            f"{path.name} names task {schema.task!r} with {len(schema.classes)} classes and "
            f"{len(schema.columns)} columns, which do not go together. {mend}"
        )
    return schema


def json_object(path: Path, mend: str) -> dict[str, Any]:
    """Raises `EvaluationFailed`, which ends with `mend`, for a file that holds no JSON object."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise EvaluationFailed(f"{path.name} is not JSON: {error}. {mend}") from error
    if not isinstance(document, dict):
        raise EvaluationFailed(f"{path.name} is not a JSON object. {mend}")
    return document
