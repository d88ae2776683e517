"""A CSV as typed columns: the one reader for check, training and scoring.

`examine` looks at the beginning of a file, `fit_schema` learns from a training file how its columns become
numbers, and `read` turns any file with these columns into numbers the same way. A Schema travels with the
model as dataset.json. Standard library only and Python 3.10-safe: the modules in BUNDLE go with every
training script."""

import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

from traindrop.column import Column
from traindrop.csv_rows import DatasetError, Readable, open_table
from traindrop.findings import BATCH_ROWS, Findings, batches, check_names, shown_names, survey
from traindrop.fitting import fit
from traindrop.schema import Feature, Schema

__all__ = [
    "BUNDLE",
    "Batch",
    "Column",
    "DatasetError",
    "Feature",
    "Findings",
    "Schema",
    "examine",
    "fit_schema",
    "read",
]

# The files of this package that make up the reader.
BUNDLE = (
    "__init__.py",
    "cells.py",
    "column.py",
    "csv_rows.py",
    "dataset.py",
    "findings.py",
    "fitting.py",
    "schema.py",
)


@dataclass(frozen=True)
class Batch:
    """Some rows. `features`: float32, row by row, `rows` times `len(schema.columns)`; `target`: the target's
    text per row, stripped, for `Schema.encode_target`; None if the file has no such column."""

    rows: int
    features: "array[float]"
    target: list[str] | None


def examine(sample: bytes, *, complete: bool) -> Findings:
    """What the first bytes of a file tell. With `complete=False` more follows: the last, partial line is
    ignored, and what was not found (a second class, enough rows) may still come.

    Raises DatasetError for what cannot be trained on whatever the target: format, encoding, header, ragged
    rows."""
    if not complete:
        cut = sample.rfind(b"\n") if b"\n" in sample else sample.rfind(b"\r")
        if cut < 0:
            open_table(io.BytesIO(sample))  # it may well be another format
            raise DatasetError(
                f"line 1 does not end within {len(sample):,} bytes. Expected a header and a line per row."
            )
        sample = sample[: cut + 1]
    return survey(io.BytesIO(sample), complete=complete)


def fit_schema(
    source: "str | PathLike[str] | Readable | Findings",
    target: str,
    task: str = "auto",
    drop: Sequence[str] = (),
) -> Schema:
    """Learns from a whole training file, or from what was found in one, how to read files of its kind.

    `task` is auto, binary, multiclass or regression; `drop` names columns to leave out. No value of the
    target is used beyond the list of classes, so rows that are held out later have leaked nothing. Raises
    DatasetError where file, target, task and drop do not go together; where the file was seen in part, only
    for what no further row can change."""
    if isinstance(source, Findings):
        return fit(source, target, task, drop)
    if isinstance(source, str | PathLike):
        with open(source, "rb") as stream:
            return fit(survey(stream), target, task, drop)
    return fit(survey(source), target, task, drop)


def read(source: "str | PathLike[str] | Readable", schema: Schema, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """The file's rows as numbers, in its order and in bounded memory. Columns are matched by name, others
    ignored.

    Raises DatasetError for a missing feature column and for a file that cannot be read.
    """
    if isinstance(source, str | PathLike):
        with open(source, "rb") as stream:
            yield from read(stream, schema, batch_rows=batch_rows)
        return
    table = open_table(source)
    check_names(table.header)
    positions = {name: position for position, name in enumerate(table.header)}
    if missing := sorted({column.name for column in schema.columns} - positions.keys()):
        raise DatasetError(
            f"line 1: the header has no column {shown_names([repr(name) for name in missing])}, which the model was "
            f"trained with. Its columns are: {shown_names(table.header)}."
        )
    width, target = len(schema.columns), positions.get(schema.target)
    for batch in batches(table, batch_rows):
        cells = list(zip(*batch, strict=True))
        features = array("f", bytes(4 * width * len(batch)))
        for position, column in enumerate(schema.columns):
            features[position::width] = column.encode(cells[positions[column.name]])
        yield Batch(len(batch), features, None if target is None else [text.strip() for text in cells[target]])
