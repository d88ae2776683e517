"""A dropped CSV as the algorithm mode of the SageMaker XGBoost image reads it: label first, no header, numbers only.

The features are those of `traindrop.dataset`, and their number and order stay: a test file is read with the
Preparation's schema as any other. What differs is the order of a category's values (category_order). Standard library
only: the launcher has no numpy.
"""

import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any

from traindrop import headerless
from traindrop.category_order import categories_only, ordered
from traindrop.csv_rows import DatasetError
from traindrop.dataset import Batch, Schema, fit_schema, read
from traindrop.errors import Rejected
from traindrop.findings import Findings, survey
from traindrop.streamed_split import StreamedSplit
from traindrop.text_chunks import CHUNK_ROWS
from traindrop.xgboost_csv import text_of

VERSION = 1
FILE = "preparation.json"
# The launcher has 110 s, 0.58 of a processor and 512 MB of disk. Of files of numbers, categories and mixtures 1.3 to
# 3.6 MB were prepared in a second of processor: 50 MB take 25 to 70 s there. Of long texts or of dates alone it is
# 0.6 MB: then time, not size, is the limit, and the rest of the 110 s is for fetching and storing.
MAX_BYTES = 50 * 1024**2
MAX_SECONDS = 85.0
MAX_WRITTEN_BYTES = 300 * 1024**2  # texts become up to 30 columns each
_MOST_CELLS = 1_000_000  # written at once; as texts they take some 60 MB


@dataclass(frozen=True)
class Preparation:
    """How a test CSV becomes what the model was trained on; stored with the run.

    `headerless`: the run's files were label first, numbers only and without a header as they came.
    """

    schema: Schema
    headerless: bool = False

    def to_json(self) -> dict[str, Any]:
        """The content of preparation.json."""
        return {"preparation": VERSION, "headerless": self.headerless, "schema": self.schema.to_json()}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Preparation":
        """Raises DatasetError for a document of another version or shape."""
        if document.get("preparation") != VERSION:
            found = document.get("preparation")
            raise DatasetError(f"{FILE} has version {found!r}; this reader knows {VERSION}.")
        try:
            return cls(Schema.from_json(document["schema"]), bool(document["headerless"]))
        except (KeyError, AttributeError) as error:
            raise DatasetError(f"{FILE} is not as the launcher writes it: {error!r}.") from None

    def read(
        self, source: "str | PathLike[str] | IO[bytes]", schema: Schema | None = None, *, batch_rows: int = CHUNK_ROWS
    ) -> Iterator[Batch]:
        """The rows of a file of this kind; to be called as `dataset.read` is, and like it raises DatasetError."""
        reader = headerless.read if self.headerless else read
        return reader(source, schema or self.schema, batch_rows=batch_rows)


@dataclass(frozen=True)
class Prepared:
    """What was written. `validation` is None where no row was held out; `left_out` rows have no label."""

    preparation: Preparation
    train: Path
    validation: Path | None
    train_rows: int
    validation_rows: int
    left_out: int


def check_size(size: int, *, file: str) -> None:
    """Raises Rejected for a file that is too large to be prepared in the launcher."""
    if size > MAX_BYTES:
        raise Rejected(
            f"{file} has {size / 1024**2:,.0f} MB, and up to {MAX_BYTES // 1024**2} MB can be prepared for framework "
            f"builtin-xgboost. {_INSTEAD}"
        )


_INSTEAD = (
    "Set framework: xgboost, whose training script reads the file itself, or prepare it yourself (label first, no "
    "header, numbers only) and set prepared: true."
)


def prepare_csv(
    source: Path,
    folder: Path,
    *,
    file: str,
    target: str,
    task: str,
    drop: Sequence[str],
    validation_fraction: float,
    seed: int,
) -> Prepared:
    """Writes train.csv and validation.csv into `folder`, from a file that is `file` in messages.

    Classes become 0, 1, … in the order of `schema.classes`; of each class the same share is held out. The same
    arguments give the same bytes. Raises Rejected where the file cannot be trained on, or not be prepared here.
    """
    check_size(source.stat().st_size, file=file)
    end = time.monotonic() + MAX_SECONDS
    try:
        with source.open("rb") as stream:
            findings = survey(_Timed(stream, end))
        schema = fit_schema(findings, target, task, drop)
        totals = _rows_by_group(findings, schema)
        if (categories := categories_only(schema)).columns:
            top = max(totals, key=lambda label: totals[label]) if schema.task == "multiclass" else None
            split = StreamedSplit(totals, validation_fraction, seed)
            schema = ordered(schema, _batches(source, categories, end), split, top=top)
        return _write(source, folder, schema, StreamedSplit(totals, validation_fraction, seed), end)
    except DatasetError as error:
        raise Rejected(f"{file}: {error}") from error


def _rows_by_group(findings: Findings, schema: Schema) -> dict[float | None, int]:
    """What a StreamedSplit has to know: labelled rows by class, or all of a regression as one group."""
    column = findings.column(schema.target)
    if schema.task == "regression":
        return {None: column.rows - column.missing}
    rows = {**column.counts, **column.nones}
    totals: Counter[float | None] = Counter()
    for code, count in zip(schema.encode_target(rows), rows.values(), strict=True):
        if code == code:
            totals[code] += count
    return totals


class _Timed:
    """A file that may be read until a time on the monotonic clock."""

    def __init__(self, stream: IO[bytes], end: float) -> None:
        self._stream, self._end = stream, end

    def read(self, size: int = -1, /) -> bytes:
        if time.monotonic() > self._end:
            raise DatasetError(f"preparing it for framework builtin-xgboost takes too long here. {_INSTEAD}")
        return self._stream.read(size)


def _batches(source: Path, schema: Schema, end: float) -> Iterator[Batch]:
    rows = min(CHUNK_ROWS, _MOST_CELLS // len(schema.columns) + 1)
    with source.open("rb") as stream:
        yield from read(_Timed(stream, end), schema, batch_rows=rows)


def _write(source: Path, folder: Path, schema: Schema, split: StreamedSplit, end: float) -> Prepared:
    paths = (folder / "train.csv", folder / "validation.csv")
    rows, written, left_out = [0, 0], 0, 0
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("w", encoding="ascii", newline="\n")) for path in paths]
        for batch in _batches(source, schema, end):
            labels = batch.labels or ()
            lines: tuple[list[str], list[str]] = ([], [])
            for held_out, line in zip(split.held_out(labels), _lines(labels, batch, schema), strict=True):
                if held_out is None:
                    left_out += 1
                else:
                    lines[held_out].append(line)
            for part, (stream, added) in enumerate(zip(files, lines, strict=True)):
                rows[part] += len(added)
                written += stream.write("".join(added))
            if written > MAX_WRITTEN_BYTES:
                raise DatasetError(f"its texts become too many columns for framework builtin-xgboost. {_INSTEAD}")
    train, validation = paths
    if not rows[1]:
        validation.unlink()
    return Prepared(Preparation(schema), train, validation if rows[1] else None, rows[0], rows[1], left_out)


def _lines(labels: Sequence[float], batch: Batch, schema: Schema) -> Iterator[str]:
    width = len(schema.columns)
    columns = [array("f", labels), *(batch.features[position::width] for position in range(width))]
    return (",".join(cells) + "\n" for cells in zip(*(map(text_of, column) for column in columns), strict=True))
