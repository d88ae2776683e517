"""A dropped CSV as the algorithm mode of the SageMaker XGBoost image reads it: label first, no header, numbers only.

The features are those of `traindrop.dataset`, and their number and order stay: a test file is read with the
Preparation's schema as any other. What differs is the order of a category's values. The image reads no categories
from a CSV, so their codes are quantities for it, and a code by alphabet costs: in cross-validation AUC is 0.010 lower
on made data with few values a column, 0.023 with 40 and 0.027 with 300 than with codes ordered by the mean of the
target; on Titanic 0.001. A column for each value (one-hot) is between them on AUC (0.004, 0.027, 0.019 better than the
alphabet, on Titanic 0.004 worse), better on log loss from 40 values on, and would make a file of up to 1,000 columns
out of one. So: one column, ordered by the target, learnt on the rows of train.csv only, so that what validation.csv
says stays honest. Standard library only: the launcher has no numpy.
"""

import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import IO, Any

from traindrop import headerless
from traindrop.csv_rows import DatasetError
from traindrop.dataset import Batch, Schema, fit_schema, read
from traindrop.errors import Rejected
from traindrop.findings import BATCH_ROWS, Findings, survey
from traindrop.schema import Feature
from traindrop.streamed_split import StreamedSplit
from traindrop.xgboost_csv import text_of

VERSION = 1
FILE = "preparation.json"
MAX_BYTES = 64 * 1024**2
MAX_SECONDS = 85.0
MAX_WRITTEN_BYTES = 4 * MAX_BYTES
# Rows of the overall mean that each category's mean is mixed with: a rare value's own rows say little. 0 to 30 cannot
# be told apart by cross-validation but for columns of hundreds of values, where 0 is worse.
_PRIOR_ROWS = 10
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
        self, source: "str | PathLike[str] | IO[bytes]", schema: Schema | None = None, *, batch_rows: int = BATCH_ROWS
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
            findings = survey(stream)
        schema = fit_schema(findings, target, task, drop)
        totals = _rows_by_group(findings, schema)
        schema = _ordered(source, schema, StreamedSplit(totals, validation_fraction, seed), end)
        return _write(source, folder, schema, StreamedSplit(totals, validation_fraction, seed), end)
    except DatasetError as error:
        raise Rejected(f"{file}: {error}") from error


def _rows_by_group(findings: Findings, schema: Schema) -> dict[float, int]:
    """What a StreamedSplit has to know: labelled rows by class, or all of a regression as one group."""
    column = findings.column(schema.target)
    if schema.task == "regression":
        return {0.0: column.rows - column.missing}
    rows = {**column.counts, **column.nones}
    totals: Counter[float] = Counter()
    for code, count in zip(schema.encode_target(rows), rows.values(), strict=True):
        if code == code:
            totals[code] += count
    return totals


def _held_out(labels: Iterable[float], schema: Schema, split: StreamedSplit) -> Iterator[bool | None]:
    """Per row whether it is held out; None for one without a label."""
    regression = schema.task == "regression"
    for label in labels:
        yield None if label != label else split.holds_out(0.0 if regression else label)


def _ordered(source: Path, schema: Schema, split: StreamedSplit, end: float) -> Schema:
    """The schema with each category's values in the order of the target's mean in the rows trained on.

    With more than two classes: by the share of the most frequent one.
    """
    named = [column for column in schema.columns if column.kind == "category"]
    if not named:
        return schema
    most_frequent = split.largest_group
    tallies = [_Means() for _ in named]
    for batch in _batches(source, replace(schema, columns=tuple(named)), end):
        labels = schema.encode_target(batch.target or [])
        held_out = list(_held_out(labels, schema, split))
        if schema.task == "multiclass":
            labels = array("d", [label == most_frequent for label in labels])
        for position, tally in enumerate(tallies):
            tally.add(batch.features[position :: len(named)], labels, held_out)
    ordered = {column: tally.ordered(column) for column, tally in zip(named, tallies, strict=True)}
    return replace(schema, columns=tuple(ordered.get(column, column) for column in schema.columns))


class _Means:
    """The mean of the target by the code of a category."""

    def __init__(self) -> None:
        self.rows: Counter[float] = Counter()
        self.sums: dict[float, float] = defaultdict(float)

    def add(self, codes: Iterable[float], values: Iterable[float], held_out: Iterable[bool | None]) -> None:
        for code, value, held in zip(codes, values, held_out, strict=True):
            if held is False and code == code:
                self.rows[code] += 1
                self.sums[code] += value

    def ordered(self, column: Feature) -> Feature:
        mean = sum(self.sums.values()) / max(self.rows.total(), 1)

        def key(code: int) -> float:
            return (self.sums[code] + _PRIOR_ROWS * mean) / (self.rows[code] + _PRIOR_ROWS)

        codes = sorted(range(len(column.categories)), key=key)
        return replace(column, categories=tuple(column.categories[code] for code in codes))


def _batches(source: Path, schema: Schema, end: float) -> Iterator[Batch]:
    for batch in read(source, schema, batch_rows=min(BATCH_ROWS, _MOST_CELLS // len(schema.columns) + 1)):
        if time.monotonic() > end:
            raise DatasetError(f"preparing it for framework builtin-xgboost takes too long here. {_INSTEAD}")
        yield batch


def _write(source: Path, folder: Path, schema: Schema, split: StreamedSplit, end: float) -> Prepared:
    paths = (folder / "train.csv", folder / "validation.csv")
    rows, written, left_out = [0, 0], 0, 0
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("w", encoding="ascii", newline="\n")) for path in paths]
        for batch in _batches(source, schema, end):
            labels = schema.encode_target(batch.target or [])
            lines: tuple[list[str], list[str]] = ([], [])
            for held_out, line in zip(_held_out(labels, schema, split), _lines(labels, batch, schema), strict=True):
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
