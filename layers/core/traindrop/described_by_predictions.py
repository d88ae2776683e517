"""How to score a run whose script left no dataset.json: by what its predictions.csv says."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from traindrop.dataset import DatasetError, Schema, examine
from traindrop.errors import EvaluationFailed
from traindrop.predictions import NOTHING_TO_SCORE

_PREFIX = "probability_"
_SAMPLE = 1024 * 1024


def schema_of_predictions(predictions: Path, test_csv: Path, target: str, task: str) -> Schema:
    """A schema without features. `task` is binary, multiclass, regression, or auto: then the columns tell.

    Raises `EvaluationFailed` where there are no predictions, or none of the kind that the task needs.
    """
    if not predictions.is_file():
        raise EvaluationFailed(NOTHING_TO_SCORE)
    with predictions.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
        header = next(csv.reader(stream), [])
    classes = _sorted(name.removeprefix(_PREFIX) for name in header if name.startswith(_PREFIX))
    if classes and task != "regression":
        return Schema(target, "binary" if len(classes) == 2 else "multiclass", classes, ())
    if "prediction" in header and task in {"regression", "auto"}:
        with test_csv.open("rb") as stream_of_bytes:
            return Schema(target, "regression", (), (), _has_decimal_comma(stream_of_bytes, target))
    needed = "prediction" if task == "regression" else f"{_PREFIX}<class> for each class"
    raise EvaluationFailed(
        f"{predictions.name} has the columns {', '.join(map(repr, header[:20])) or '(none)'}; task {task} needs row "
        f"and {needed}."
    )


def _sorted(classes: Iterable[str]) -> tuple[str, ...]:
    """As the reader sorts them: by value if all are numbers, else by text; of two the second is the positive one."""
    names = sorted(set(classes))
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(names)


def _has_decimal_comma(stream: IO[bytes], target: str) -> bool:
    sample = stream.read(_SAMPLE)
    try:
        findings = examine(sample, complete=len(sample) < _SAMPLE)
        return target in findings.names and findings.column(target).kind == "decimal_comma"
    except DatasetError as error:
        raise EvaluationFailed(f"The test file cannot be read: {error}") from error
