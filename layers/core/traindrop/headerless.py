"""A CSV that is as XGBoost's own reader takes it: no header, numbers only, the label in the first column.

XGBoost says nothing of what it does not understand: a header becomes a row, an empty label 0, a text or a number in
quotes a missing value, a short row one with missing values. So the beginning of such a file is checked before it is
handed on as it is. The test file of such a run is read here exactly as XGBoost has read the training file.
"""

import io
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from os import PathLike
from typing import IO

from traindrop.column_cells import TextCells
from traindrop.csv_rows import MAX_COLUMNS, MAX_LINE, DatasetError, too_many_columns
from traindrop.dataset import Batch, Feature, Schema
from traindrop.errors import Rejected
from traindrop.fitting import LEAST_ROWS, MOST_CLASSES, MOST_CLASSES_OF_NUMBERS
from traindrop.text_chunks import CHUNK_ROWS
from traindrop.xgboost_csv import value_of

TARGET = "first column"
# 20 digits before the point are more than XGBoost counts. A blank cell at the end of a line is not missing for it:
# it reads on into the next line.
_NUMBER = re.compile(r"[ \t]*[+-]?(?:\d{1,19}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[ \t]*", re.ASCII)
_MISSING = re.compile(r"(?:[ \t]*nan[ \t]*)?", re.IGNORECASE)


@dataclass(frozen=True)
class HeaderlessFile:
    """A training file that may be handed on. `schema` names its features f0, f1, …, as XGBoost does.

    `certain` is false where a label that was not seen could still change the task or the number of classes, `rows`
    None where the file was seen in part.
    """

    schema: Schema
    rows: int | None
    certain: bool

    @property
    def columns(self) -> int:
        return len(self.schema.columns) + 1


def check_prepared(
    sample: bytes, *, complete: bool, task: str, file: str, num_class: int | None = None
) -> HeaderlessFile:
    """Checks a training file by its beginning; `complete` says that `sample` is all of it.

    `task` as in a training.yaml. Classes have to be the numbers from 0 on; `num_class` says how many, where the
    beginning may not show them all. Raises Rejected with the line.
    """
    try:
        rows = list(_checked_rows(sample, complete=complete))
        labels = [_label(line, cells[0]) for line, cells in rows]
        if complete and len(rows) < LEAST_ROWS:
            raise DatasetError(f"too few rows: {len(rows)}. Training needs at least {LEAST_ROWS}.")
        if complete and not any(cells[-1].strip() for _, cells in rows):
            raise DatasetError(f"column {len(rows[0][1])} is empty in every row. Leave it out.")
        found, classes = _task(labels, task, num_class, complete=complete)
    except DatasetError as error:
        raise Rejected(f"{file}: {error}") from error
    width = len(rows[0][1]) - 1
    features = tuple(Feature(f"f{position}", "number") for position in range(width))
    schema = Schema(TARGET, found, tuple(map(str, range(classes))), features)
    certain = complete or task == "binary" or found == "regression" or num_class is not None
    return HeaderlessFile(schema, len(rows) if complete else None, certain)


def check_prepared_test(sample: bytes, *, complete: bool, training: HeaderlessFile, file: str) -> int | None:
    """Checks a test file of such a run; its rows, None where it was seen in part. Raises Rejected with the line."""
    try:
        rows = list(_checked_rows(sample, complete=complete))
        if (columns := len(rows[0][1])) != training.columns:
            raise DatasetError(
                f"it has {columns} columns and the training file {training.columns}. Give it the same, the true "
                "label first."
            )
    except DatasetError as error:
        raise Rejected(f"{file}: {error}") from error
    return len(rows) if complete else None


def read(source: "str | PathLike[str] | IO[bytes]", schema: Schema, *, batch_rows: int = CHUNK_ROWS) -> Iterator[Batch]:
    """The rows of a file of this shape, in its order and in bounded memory; the first column is the target.

    Raises DatasetError with the line where a row has another number of cells or a cell is no number.
    """
    if isinstance(source, str | PathLike):
        with open(source, "rb") as stream:
            yield from read(stream, schema, batch_rows=batch_rows)
        return
    rows = _rows(source)
    while batch := list(islice(rows, batch_rows)):
        features = array("f")
        for line, cells in batch:
            _check(line, cells, len(schema.columns) + 1)
            features.extend(map(value_of, cells[1:]))
        target = TextCells([cells[0] for _, cells in batch])
        yield Batch(len(batch), features, schema.labels_of(target), target)


def _rows(stream: "IO[bytes]") -> Iterator[tuple[int, list[str]]]:
    """Line number and cells; XGBoost skips empty lines and a byte order mark too."""
    for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE), b""), 1):
        if len(line) == MAX_LINE:
            raise DatasetError(f"line {number} is longer than {MAX_LINE:,} bytes: this is no CSV of rows.")
        text = line.rstrip(b"\r\n").decode("utf-8-sig" if number == 1 else "utf-8", errors="replace")
        if text:
            yield number, text.split(",")


def _checked_rows(sample: bytes, *, complete: bool) -> Iterator[tuple[int, list[str]]]:
    """Every row of a sample; of an incomplete one without the last, which may have been cut."""
    if not complete:
        cut = sample.rfind(b"\n")
        if cut < 0:
            raise DatasetError(f"line 1 does not end within {len(sample):,} bytes. Expected a line per row.")
        sample = sample[: cut + 1]
    columns = 0
    for line, cells in _rows(io.BytesIO(sample)):
        columns = columns or len(cells)
        if columns == 1:
            raise DatasetError(
                f"line {line}: only one column was found, {cells[0][:60]!r}. Expected numbers separated by commas, the "
                "label first."
            )
        if columns > MAX_COLUMNS:
            raise DatasetError(too_many_columns(line, columns))
        _check(line, cells, columns)
        yield line, cells
    if not columns:
        raise DatasetError("the file is empty. Expected one line per row: the label, then the features.")


def _check(line: int, cells: list[str], columns: int) -> None:
    if len(cells) != columns:
        raise DatasetError(f"line {line} has {len(cells)} cells where {columns} are expected: each row has as many.")
    for column, cell in enumerate(cells, 1):
        if _NUMBER.fullmatch(cell) or _MISSING.fullmatch(cell):
            continue
        header = " If line 1 is a header, take out prepared: true, and the file is prepared here." if line == 1 else ""
        raise DatasetError(
            f"line {line}, column {column} holds {cell[:60]!r}, which is no number. Expected numbers only, and nothing "
            f"between the commas where a value is missing.{header}"
        )


def _label(line: int, cell: str) -> float:
    value = value_of(cell)
    if value != value:
        raise DatasetError(f"line {line} has no label in its first column. Leave such rows out.")
    return value


def _task(labels: list[float], task: str, num_class: int | None, *, complete: bool) -> tuple[str, int]:
    """The task and the number of its classes."""
    different = set(labels)
    whole = all(label.is_integer() for label in different)
    if task == "auto":
        few = whole and len(different) <= MOST_CLASSES_OF_NUMBERS
        task = "multiclass" if few or num_class else "regression"
    if task == "regression":
        return task, 0
    classes = max(2 if task == "binary" else num_class or int(max(different)) + 1, 2)
    expected = set(map(float, range(min(classes, MOST_CLASSES))))
    missing = complete and not num_class and not expected <= different
    if not different <= expected or missing or classes > MOST_CLASSES:
        shown = ", ".join(f"{label:g}" for label in sorted(different)[:10])
        raise DatasetError(
            f"the labels in the first column are {shown}, and {task} with {classes} classes needs 0 to {classes - 1}, "
            f"each of them, at most {MOST_CLASSES}. Number the classes so, or set task: regression to estimate numbers."
        )
    return "binary" if classes == 2 else "multiclass", classes
