"""A CSV as typed columns: the one reader for check, training and scoring.

`examine` looks at the beginning of a file, `fit_schema` learns from a training file how its columns become
numbers, and `read` turns any file with these columns into numbers the same way. A Schema travels with the
model as dataset.json. Large files are read by Arrow where it is installed, with the same result. Else standard
library only, and Python 3.10-safe: the modules in BUNDLE go with every training script."""

import io
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike

from traindrop.chunks import open_chunks
from traindrop.column import Column
from traindrop.column_cells import Cells
from traindrop.csv_rows import DatasetError, Readable, open_table
from traindrop.findings import Findings, check_names, shown_names, survey
from traindrop.fitting import fit
from traindrop.schema import Feature, Schema
from traindrop.text_chunks import Chunk

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
    "arrow_cells.py",
    "arrow_chunks.py",
    "cells.py",
    "chunks.py",
    "column.py",
    "column_cells.py",
    "column_kind.py",
    "cores.py",
    "csv_rows.py",
    "dataset.py",
    "findings.py",
    "fitting.py",
    "in_order.py",
    "plain_blocks.py",
    "schema.py",
    "tally.py",
    "text_chunks.py",
)


@dataclass(frozen=True)
class Batch:
    """Some rows. `features`: float32, row by row, `rows` times `len(schema.columns)`. `labels`: float64, the target of
    each row as `Schema.encode_target` has it; None if the file has no such column."""

    rows: int
    features: "array[float]"
    labels: "array[float] | None"
    target: Cells | None = None

    def parts(self, rows: int | None) -> "Iterator[Batch]":
        """Itself, or batches of at most so many rows."""
        if rows is None or rows >= self.rows:
            yield self
            return
        width = len(self.features) // self.rows
        for start in range(0, self.rows, rows):
            stop = min(start + rows, self.rows)
            labels = None if self.labels is None else self.labels[start:stop]
            target = None if self.target is None else self.target.part(start, stop)
            yield Batch(stop - start, self.features[start * width : stop * width], labels, target)

    def unlabelled(self) -> list[str]:
        """What the target holds in the rows whose label is NaN, in their order: stripped, "" for missing."""
        if self.target is None or self.labels is None:
            return []
        return self.target.texts_at([row for row, label in enumerate(self.labels) if label != label])


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
        with open(source, "rb", buffering=0) as stream:
            return fit(survey(stream), target, task, drop)
    return fit(survey(source), target, task, drop)


def read(source: "str | PathLike[str] | Readable", schema: Schema, *, batch_rows: int | None = None) -> Iterator[Batch]:
    """The file's rows as numbers, in its order and in bounded memory; at most `batch_rows` at a time. Columns are
    matched by name, others ignored.

    Raises DatasetError for a missing feature column and for a file that cannot be read.
    """
    if isinstance(source, str | PathLike):
        with open(source, "rb", buffering=0) as stream:
            yield from read(stream, schema, batch_rows=batch_rows)
        return
    chunks = open_chunks(source)
    check_names(chunks.header)
    positions = {name: position for position, name in enumerate(chunks.header)}
    if missing := sorted({column.name for column in schema.columns} - positions.keys()):
        raise DatasetError(
            f"line 1: the header has no column {shown_names([repr(name) for name in missing])}, which the model was "
            f"trained with. Its columns are: {shown_names(chunks.header)}."
        )
    names = {schema.target, *(column.name for column in schema.columns)}
    wanted = [positions[name] for name in names if name in positions]
    for batch in chunks.each(lambda chunk: _batch(chunk, schema, positions), wanted):
        yield from batch.parts(batch_rows)


def _batch(chunk: Chunk, schema: Schema, positions: Mapping[str, int]) -> Batch:
    width, rows = len(schema.columns), len(chunk)
    features = array("f", bytes(4 * width * rows))
    for number, column in enumerate(schema.columns):
        features[number::width] = column.of(chunk.column(positions[column.name]))
    if schema.target not in positions:
        return Batch(rows, features, None)
    target = chunk.column(positions[schema.target])
    return Batch(rows, features, schema.labels_of(target), target)
