"""How the columns of a file become numbers: what a model has to carry along to read a new file the same way.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from traindrop.cells import DATE_PARTS, MISSING, NAN, date_numbers, number, numbers, word_numbers
from traindrop.csv_rows import DatasetError

VERSION = 1


@dataclass(frozen=True)
class Feature:
    """How one column becomes one number.

    `kind`: "number", "decimal_comma", "date" (days since 1970), "month", "weekday" (0 is Monday), "hour"
    (`style`: the order of a date's parts), "word" (1 where the text has `word`), or "category": its position in
    `categories`; a value that is not among them comes after them all if training knew such values (`other`),
    else it is missing. `ordered`: categories in the order of the target's mean, so that their positions are
    quantities. `missing`: the number, one of float32, that a missing value counts as; None: NaN."""

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    other: bool = False
    style: str = ""
    word: str = ""
    ordered: bool = False
    missing: float | None = None

    @property
    def label(self) -> str:
        """For people; unique among the features of a schema unless a column is called so."""
        part = self.word or (self.kind if self.kind in ("month", "weekday", "hour") else "")
        return f"{self.name} ({part})" if part else self.name

    def encode(self, cells: Sequence[str]) -> "array[float]":
        """One float32 per cell."""
        values = self._encoded(cells)
        if self.missing is None:
            return values
        return array("f", [self.missing if value != value else value for value in values])

    def _encoded(self, cells: Sequence[str]) -> "array[float]":
        if self.kind == "number":
            return numbers(cells)
        stripped = [cell.strip() for cell in cells]
        if self.kind == "decimal_comma":
            return array("f", [number(cell, decimal_comma=True) for cell in stripped])
        if self.kind in DATE_PARTS:
            return date_numbers(stripped, self.style, self.kind)
        if self.kind == "word":
            return word_numbers(stripped, self.word)
        other = float(len(self.categories)) if self.other else NAN
        codes = dict.fromkeys(MISSING, NAN)
        codes.update((category, float(code)) for code, category in enumerate(self.categories))
        return array("f", [codes.get(cell, other) for cell in stripped])


@dataclass(frozen=True)
class Schema:
    """How a file becomes features and target; `columns` are the features in the model's order, `classes` as
    spelled in the training file and sorted (of two the second is the positive one), empty for a
    regression."""

    target: str
    task: str
    classes: tuple[str, ...]
    columns: tuple[Feature, ...]
    decimal_comma: bool = False

    def to_json(self) -> dict[str, Any]:
        """The content of dataset.json."""
        columns = [
            {key: value for key, value in asdict(column).items() if value not in ("", (), None) and value is not False}
            for column in self.columns
        ]
        return {
            "schema": VERSION,
            "target": self.target,
            "task": self.task,
            "classes": list(self.classes),
            "decimal_comma": self.decimal_comma,
            "columns": [_with_list(column) for column in columns],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Schema":
        """Raises DatasetError for a document of another version or shape."""
        if document.get("schema") != VERSION:
            raise DatasetError(f"dataset.json has schema {document.get('schema')!r}; this reader knows {VERSION}.")
        try:
            columns = [{**column, "categories": tuple(column.get("categories", ()))} for column in document["columns"]]
            features = tuple(Feature(**column) for column in columns)
            comma = bool(document.get("decimal_comma", False))
            return cls(document["target"], document["task"], tuple(document["classes"]), features, comma)
        except (KeyError, TypeError, AttributeError) as error:
            raise DatasetError(f"dataset.json is not as a training script writes it: {error!r}.") from None

    @property
    def feature_types(self) -> list[str]:
        """For xgboost.DMatrix: "c" is a category, "q" a quantity."""
        return ["c" if column.kind == "category" and not column.ordered else "q" for column in self.columns]

    def encode_target(self, texts: Iterable[str]) -> "array[float]":
        """Class number or value per row, float64; NaN for a missing label and for a class unknown to
        training.

        Classes that are all numbers are compared by value, so that `1` in one file is `1.0` in another.
        """
        if self.task == "regression":
            return array("d", [self._number(text) for text in texts])
        codes = {name: float(code) for code, name in enumerate(self.classes)}
        values = {self._number(name): code for name, code in codes.items()}
        if any(value != value for value in values):
            return array("d", [codes.get(text, NAN) for text in texts])
        return array("d", [codes[text] if text in codes else values.get(self._number(text), NAN) for text in texts])

    def _number(self, text: str) -> float:
        return number(text, decimal_comma=self.decimal_comma)


def _with_list(column: dict[str, Any]) -> dict[str, Any]:
    return {**column, "categories": list(column["categories"])} if "categories" in column else column
