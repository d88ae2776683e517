"""A CSV as typed columns: the one reader for check, training and scoring.

`examine` looks at the beginning of a file, `fit_schema` learns from a training file how its columns become numbers,
and `read` turns any file with these columns into numbers the same way. Schema travels with the model as dataset.json.
Standard library only and Python 3.10-safe: the modules in BUNDLE go with every training script.
"""

import io
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

from traindrop.cells import (
    DATE_PARTS,
    MISSING,
    NAN,
    date_numbers,
    number,
    numbers,
)
from traindrop.csv_rows import DatasetError, Readable, open_table
from traindrop.findings import BATCH_ROWS, Findings, batches, check_names, survey
from traindrop.findings import Column as ColumnFindings

__all__ = [
    "BUNDLE",
    "Batch",
    "DatasetError",
    "Feature",
    "Findings",
    "Schema",
    "examine",
    "fit_schema",
    "read",
]

BUNDLE = ("__init__.py", "cells.py", "csv_rows.py", "dataset.py", "findings.py")

LEAST_CATEGORY_ROWS = (
    10  # a value in fewer training rows says too little about the target: it counts as "other"
)
MOST_CATEGORIES = 255
MOST_CLASSES_OF_NUMBERS = 20  # a whole number with more values is something to be measured, not a class
MOST_CLASSES = 1000


@dataclass(frozen=True)
class Feature:
    """How one column becomes one number. `kind`: "number", "decimal_comma", "date" (days since 1970), "month",
    "weekday", "hour" or "category" (its position in `categories`; behind them all a value that is not among them,
    if training had such values: `other`). NaN is missing."""

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    other: bool = False
    style: str = ""

    @property
    def label(self) -> str:
        """Unique among the features of a schema."""
        return (
            self.name
            if self.kind in ("number", "decimal_comma", "date", "category")
            else f"{self.name} ({self.kind})"
        )

    def encode(self, cells: Sequence[str]) -> "array[float]":
        """One number per cell, float32."""
        if self.kind == "number":
            return numbers(cells)
        if self.kind == "decimal_comma":
            return array("f", [number(cell.strip(), decimal_comma=True) for cell in cells])
        stripped = [cell.strip() for cell in cells]
        if self.kind in DATE_PARTS:
            return date_numbers(stripped, self.style, self.kind)
        other = float(len(self.categories)) if self.other else NAN
        codes = {category: float(code) for code, category in enumerate(self.categories)}
        codes.update(dict.fromkeys(MISSING, NAN))
        return array("f", [codes.get(cell, other) for cell in stripped])


@dataclass(frozen=True)
class Schema:
    """How a file becomes features and target; `columns` are the features in the model's order."""

    target: str
    task: str
    classes: tuple[str, ...]
    columns: tuple[Feature, ...]
    decimal_comma: bool = False

    def to_json(self) -> dict[str, Any]:
        """dataset.json."""
        columns = [{key: value for key, value in asdict(column).items() if value} for column in self.columns]
        for column in columns:
            if "categories" in column:
                column["categories"] = list(column["categories"])
        document = {"schema": 1, "target": self.target, "task": self.task, "classes": list(self.classes)}
        return {**document, "decimal_comma": self.decimal_comma, "columns": columns}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Schema":
        """Raises DatasetError for a document of another version or shape."""
        if document.get("schema") != 1:
            raise DatasetError(f"dataset.json has schema {document.get('schema')!r}; this reader knows 1.")
        try:
            columns = tuple(
                Feature(**{**column, "categories": tuple(column.get("categories", ()))})
                for column in document["columns"]
            )
            return cls(
                document["target"],
                document["task"],
                tuple(document["classes"]),
                columns,
                document.get("decimal_comma", False),
            )
        except (KeyError, TypeError) as error:
            raise DatasetError(f"dataset.json is not as written by this project: {error}.") from None

    @property
    def feature_types(self) -> list[str]:
        """XGBoost's: "c" for a category, "q" for a quantity."""
        return ["c" if column.kind == "category" else "q" for column in self.columns]

    def encode_target(self, texts: Iterable[str]) -> "array[float]":
        """Class number or value per row, float64; NaN for a missing label and for a class unknown to training."""
        if self.task == "regression":
            return array("d", [number(text, decimal_comma=self.decimal_comma) for text in texts])
        codes = {name: float(code) for code, name in enumerate(self.classes)}
        by_value = {
            value: float(code) for code, name in enumerate(self.classes) if (value := number(name)) == value
        }
        if len(by_value) < len(self.classes):
            return array("d", [codes.get(text, NAN) for text in texts])
        return array(
            "d", [codes[text] if text in codes else by_value.get(number(text), NAN) for text in texts]
        )


@dataclass(frozen=True)
class Batch:
    """Some rows: `features` is row-major, rows × len(schema.columns), float32; `target` the text of the target per
    row, stripped, None if the file has no such column."""

    rows: int
    features: "array[float]"
    target: list[str] | None


def examine(sample: bytes, *, complete: bool) -> Findings:
    """What the first bytes of a file tell. With `complete=False` more follows: the last, partial line is ignored,
    and what is not found (a second class, enough rows) may still come.

    Raises DatasetError for what cannot be trained on whatever the target.
    """
    if not complete:
        cut = max(sample.rfind(b"\n"), -1) or sample.rfind(b"\r")
        if cut < 0:
            raise DatasetError(
                f"line 1 is longer than {len(sample):,} bytes. Expected a header and one line per row."
            )
        sample = sample[: cut + 1]
    return survey(io.BytesIO(sample), complete=complete)


def fit_schema(
    source: "str | PathLike[str] | Readable | Findings",
    target: str,
    task: str = "auto",
    drop: Sequence[str] = (),
) -> Schema:
    """Learns from a whole training file (or from what `survey` found in it) how to read files of its kind.

    Raises DatasetError where target, task and file do not go together.
    """
    findings = source if isinstance(source, Findings) else _survey(source)
    if target not in findings.names:
        raise DatasetError(f"there is no column {target!r}. The columns are: {', '.join(findings.names)}.")
    column = findings.column(target)
    task = infer_task(column) if task == "auto" else task
    classes = () if task == "regression" else classes_of(column)
    features = tuple(
        feature
        for found in findings.columns
        if found.name != target and found.name not in drop
        for feature in features_of(found)
    )
    return Schema(target, task, classes, features, column.kind == "decimal_comma")


def _survey(source: "str | PathLike[str] | Readable") -> Findings:
    if isinstance(source, str | PathLike):
        with open(source, "rb") as stream:
            return survey(stream)
    return survey(source)


def infer_task(column: ColumnFindings) -> str:
    """Numbers are measured (regression) unless they are whole and few; two classes are binary."""
    classes = len(classes_of(column))
    if (
        column.numeric
        and classes > 2
        and (column.many or not column.integers or classes > MOST_CLASSES_OF_NUMBERS)
    ):
        return "regression"
    return "multiclass" if classes > 2 else "binary"


def classes_of(column: ColumnFindings) -> tuple[str, ...]:
    """The classes of a target column as spelled in the file, sorted: by value if all are numbers (1 and 1.0 are
    one class), else by text."""
    if not column.numeric:
        return tuple(sorted(column.counts))
    by_value: dict[float, str] = {}
    for text in column.counts:
        by_value.setdefault(number(text, decimal_comma=True), text)
    return tuple(by_value[value] for value in sorted(by_value))


def features_of(column: ColumnFindings) -> list[Feature]:
    """The features that a column gives; none if it cannot tell one row from another or is a row number."""
    if (
        column.row_number
        or column.kind == "empty"
        or (len(column.counts) == 1 and not column.missing and not column.many)
    ):
        return []
    if column.numeric:
        return [Feature(column.name, column.kind)]
    if column.kind == "date":
        parts = ("date", "month", "weekday", "hour") if column.daytime else ("date", "month", "weekday")
        return [Feature(column.name, part, style=column.style) for part in parts]
    kept = [text for text, rows in column.counts.items() if rows >= LEAST_CATEGORY_ROWS][:MOST_CATEGORIES]
    other = column.rows - column.missing > sum(column.counts[text] for text in kept)
    if len(kept) + other + (column.missing > 0) < 2:
        return []
    return [Feature(column.name, "category", tuple(sorted(kept)), other)]


def read(
    source: "str | PathLike[str] | Readable", schema: Schema, *, batch_rows: int = BATCH_ROWS
) -> Iterator[Batch]:
    """The file's rows as numbers, in its order, in bounded memory. Columns are matched by name, others ignored.

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
            f"line 1: the header has no column {', '.join(map(repr, missing))}, which the model was trained with. "
            f"Its columns are: {', '.join(table.header)}."
        )
    width = len(schema.columns)
    for batch in batches(table, batch_rows):
        cells = list(zip(*batch, strict=True))
        features = array("f", bytes(4 * width * len(batch)))
        for position, column in enumerate(schema.columns):
            features[position::width] = column.encode(cells[positions[column.name]])
        target = positions.get(schema.target)
        yield Batch(
            len(batch), features, None if target is None else [text.strip() for text in cells[target]]
        )
