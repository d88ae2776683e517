"""Predictions for held-out rows: made by the trained XGBoost model, or read from what training wrote."""

import csv
import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from traindrop.cores import usable_cores
from traindrop.dataset import Batch, Schema
from traindrop.errors import EvaluationFailed
from traindrop.in_order import InOrder

# One row: the prediction (regression), the probability of classes[1] (binary), one of each class (multiclass).
Predictions = npt.NDArray[np.floating]
Predict = Callable[[Batch], Predictions]

NOTHING_TO_SCORE = (
    "There is nothing to score the test file with: model.tar.gz holds no model.ubj, and output.tar.gz no "
    "predictions.csv. Let the training script predict the `test` channel into SM_OUTPUT_DATA_DIR/predictions.csv."
)
_SUM_TOLERANCE = 1e-3  # of the probabilities of one row; a script may write few digits


@dataclass(frozen=True)
class BoosterPredict:
    """Predicts a batch with an XGBoost model, up to its best iteration."""

    booster: Any
    schema: Schema
    file: str

    def __call__(self, batch: Batch) -> Predictions:
        matrix = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, len(self.schema.columns))
        return _checked(self.booster.inplace_predict(matrix, iteration_range=self._rounds), self.schema, self.file)

    @property
    def trees(self) -> int:
        """How many a row passes through."""
        rounds = self._rounds[1] or self.booster.num_boosted_rounds()
        return int(rounds) * (len(self.schema.classes) if self.schema.task == "multiclass" else 1)

    def total_gain(self) -> dict[int, float]:
        """By feature number, of those that a tree splits by."""
        model = self.booster[: self._rounds[1]] if self._rounds[1] else self.booster
        found = model.get_score(importance_type="total_gain")
        names = self.booster.feature_names or [f"f{number}" for number in range(len(self.schema.columns))]
        return {number: float(found[name]) for number, name in enumerate(names) if name in found}

    @property
    def _rounds(self) -> tuple[int, int]:
        best = self.booster.attr("best_iteration")
        return (0, int(best) + 1) if best and best.isdecimal() else (0, 0)


def by_booster(path: Path, schema: Schema) -> BoosterPredict:
    """Reads the XGBoost model in `path`.

    Raises `EvaluationFailed` where the file is no such model, or one of another data set or task.
    """
    from traindrop.lean_xgboost import xgb  # 0.4 s and 150 MB, which the notifier and the launcher do without

    try:
        # One thread for a batch: several are predicted at once, and others read; OpenMP's threads would spin there.
        with warnings.catch_warnings():
            # The image's algorithm mode saves UBJSON, as guessed here, under the name xgboost-model.
            warnings.filterwarnings("ignore", ".*Unknown file format")
            booster = xgb.Booster({"nthread": 1}, model_file=str(path))
        features = booster.num_features()
    except (xgb.core.XGBoostError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise EvaluationFailed(
            f"{path.name} cannot be read as an XGBoost model ({reason}). Save it with Booster.save_model."
        ) from error
    if features != len(schema.columns):
        raise EvaluationFailed(
            f"{path.name} was trained on {features} features and dataset.json names {len(schema.columns)}: "
            "they are not of one training. Write both by the same run of the training script."
        )
    if json.loads(booster.save_config())["learner"]["gradient_booster"]["name"] == "gblinear":
        raise EvaluationFailed(
            f"{path.name} is a linear model (booster gblinear), with which XGBoost predicts no plain rows. Train with "
            "booster gbtree or dart, or save it under another name and let the script write predictions.csv."
        )
    return BoosterPredict(booster, schema, path.name)


def predicted(batches: Iterable[Batch], predict: Predict) -> Iterator[tuple[Batch, Predictions]]:
    """Each batch with its predictions, in order, a few batches ahead: `predict` is called in as many threads as there
    are processors.

    XGBoost's may be, of trees: https://xgboost.readthedocs.io/en/stable/prediction.html#thread-safety
    """

    def both(batch: Batch) -> tuple[Batch, Predictions]:
        return batch, predict(batch)

    return InOrder(both, usable_cores()).results(batches)


def _checked(found: Any, schema: Schema, file: str) -> Predictions:
    values: Predictions = np.asarray(found)
    width = values.shape[1] if values.ndim == 2 else 1
    expected = len(schema.classes) if schema.task == "multiclass" else 1
    if width != expected:
        raise EvaluationFailed(
            f"{file} predicts {width} value(s) a row, and {schema.task} with {len(schema.classes)} classes "
            f"needs {expected}. Train with an objective that gives probabilities, such as multi:softprob."
        )
    if schema.task != "regression" and (values.min() < 0 or values.max() > 1):
        raise EvaluationFailed(
            f"{file} predicts {values.min():.3g} to {values.max():.3g}, which are no probabilities. "
            "Train with binary:logistic or multi:softprob."
        )
    if not np.isfinite(values).all():
        raise EvaluationFailed(f"{file} predicts values that are not finite. Lower eta or look at the target.")
    return values if width > 1 else values.reshape(-1)


def from_file(path: Path, schema: Schema, rows: int) -> Predictions:
    """The predictions that a training script wrote to predictions.csv, in the order of the test rows.

    Columns: `row`, counted from 0, each once; then `prediction` for regression, or `probability_<class>`
    for each class. Others are ignored.
    Raises `EvaluationFailed` for a file that is missing, short, or holds what cannot be a prediction.
    """
    if not path.is_file():
        raise EvaluationFailed(NOTHING_TO_SCORE)
    try:
        found = _read(path, columns_of(schema), rows)
    except (csv.Error, UnicodeDecodeError) as error:
        raise EvaluationFailed(f"{path.name} cannot be read as CSV in UTF-8: {error}.") from error
    if schema.task == "regression":
        return found[:, 0]
    totals = found.sum(axis=1)
    wrong = (found < -_SUM_TOLERANCE).any(axis=1) | (np.abs(totals - 1) > _SUM_TOLERANCE)
    if wrong.any():
        row = int(wrong.argmax())
        raise EvaluationFailed(
            f"{path.name}: the probabilities of row {row} are {found[row].tolist()[:5]}; expected numbers from 0 "
            "to 1 that add up to 1."
        )
    return found[:, 1] if schema.task == "binary" else found


def columns_of(schema: Schema) -> list[str]:
    """The columns of predictions.csv after `row`."""
    if schema.task == "regression":
        return ["prediction"]
    return [f"probability_{name}" for name in schema.classes]


def _read(path: Path, columns: list[str], rows: int) -> npt.NDArray[np.float64]:
    found = np.full((rows, len(columns)), np.nan)
    count = 0
    for line, row, values in _lines(path, columns):
        if not 0 <= row < rows or not np.isnan(found[row, 0]):
            raise EvaluationFailed(
                f"{path.name}, line {line}: row {row} is "
                + (f"beyond the {rows} rows of the test file." if not 0 <= row < rows else "there twice.")
            )
        found[row] = values
        count += 1
    if count != rows:
        missing = int(np.isnan(found[:, 0]).argmax())
        raise EvaluationFailed(
            f"{path.name} has {count} predictions for the {rows} rows of the test file; the first without one is "
            f"row {missing}. Write one line for each row, rows with a missing label too."
        )
    return found


def _lines(path: Path, columns: list[str]) -> Iterator[tuple[int, int, list[float]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        if absent := [name for name in ("row", *columns) if name not in header]:
            raise EvaluationFailed(
                f"{path.name} has no column {', '.join(map(repr, absent))}; its columns are "
                f"{', '.join(map(repr, header[:20]))}. Expected: row, {', '.join(columns[:20])}."
            )
        positions = [header.index(name) for name in columns]
        row = header.index("row")
        for cells in reader:
            try:
                values = [float(cells[position]) for position in positions]
                if not all(map(isfinite, values)):
                    raise ValueError("not finite")
                yield reader.line_num, int(cells[row]), values
            except (ValueError, IndexError) as error:
                raise EvaluationFailed(
                    f"{path.name}, line {reader.line_num}: {','.join(cells)[:80]!r} is no row number with "
                    f"{len(columns)} finite number(s)."
                ) from error
