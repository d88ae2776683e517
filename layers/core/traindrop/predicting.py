"""Predictions for a test file that lacks the target: written as a training script writes its predictions.csv."""

import csv
import shutil
from pathlib import Path

import numpy as np

from traindrop import predictions
from traindrop.dataset import DatasetError, Schema, read
from traindrop.errors import EvaluationFailed
from traindrop.held_out import Reader, check_fits
from traindrop.predictions import Predict


def write_predictions(
    test_csv: Path,
    schema: Schema,
    predict: Predict | None,
    written: Path,
    to: Path,
    *,
    file: str,
    reader: Reader = read,
) -> int:
    """Predict each row of `test_csv`, `file` in messages, into `to`; the number of rows.

    Without `predict` they are those that training has `written`, if there is one for each row. A batch of rows is in
    memory at a time. Raises `EvaluationFailed` as scoring does.
    """
    try:
        rows = _predict(test_csv, schema, predict, to, reader) if predict else _count(test_csv, schema, file, reader)
    except DatasetError as error:
        raise EvaluationFailed(f"{file}: {error}") from error
    if not rows:
        raise EvaluationFailed(f"{file}: the file has a header and no rows, so there is nothing to predict. Add rows.")
    if predict is None:
        predictions.from_file(written, schema, rows)
        shutil.copyfile(written, to)
    return rows


def _predict(test_csv: Path, schema: Schema, predict: Predict, to: Path, reader: Reader) -> int:
    rows = 0
    with to.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["row", *predictions.columns_of(schema)])
        for batch, found in predictions.predicted(reader(test_csv, schema), predict):
            both = np.column_stack((1 - found, found)) if schema.task == "binary" else found
            values = both.reshape(batch.rows, -1).tolist()
            writer.writerows([rows + number, *row] for number, row in enumerate(values))
            rows += batch.rows
    return rows


def _count(test_csv: Path, schema: Schema, file: str, reader: Reader) -> int:
    rows = 0
    for batch in reader(test_csv, schema):
        rows += batch.rows
        check_fits(rows, schema, file)
    return rows
