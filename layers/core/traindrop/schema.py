"""How the columns of a file become numbers: what a model has to carry along to read a new file the same way.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from traindrop.cells import DATE_PARTS, MISSING, NAN, date_numbers, number, numbers, word_numbers
from traindrop.column_cells import Cells
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

    def of(self, cells: Cells) -> "array[float]":
        """One float32 per cell."""
        if self.kind == "number":
            return cells.as_numbers(NAN if self.missing is None else self.missing)
        return cells.encoded(self.encode)

    def encode(self, cells: Sequence[str]) -> "array[float]":
        """One float32 per cell."""
        if self.kind == "category":
            return array("f", map(_Codes(self).__getitem__, cells))
        missing = NAN if self.missing is None else self.missing
        if self.kind == "number":
            return numbers(cells, missing)
        values = self._encoded(cells)
        return values if self.missing is None else array("f", [missing if v != v else v for v in values])

    def _encoded(self, cells: Sequence[str]) -> "array[float]":
        stripped = [cell.strip() for cell in cells]
        if self.kind == "decimal_comma":
            return array("f", [number(cell, decimal_comma=True) for cell in stripped])
        if self.kind in DATE_PARTS:
            return date_numbers(stripped, self.style, self.kind)
        return word_numbers(stripped, self.word)


class _Codes(dict[str, float]):
    """A category's code by its cell, which is stripped the first time that it comes."""

    def __init__(self, column: Feature) -> None:
        missing = NAN if column.missing is None else column.missing
        super().__init__(dict.fromkeys(MISSING, missing))
        self.update((category, float(code)) for code, category in enumerate(column.categories))
        self._other = float(len(column.categories)) if column.other else missing

    def __missing__(self, cell: str) -> float:
        self[cell] = found = self.get(cell.strip(), self._other)
        return found


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

    def labels_of(self, cells: Cells) -> "array[float]":
        """`encode_target` of cells that may have spaces around them."""
        if self.task == "regression" and not self.decimal_comma:
            return cells.as_doubles()
        return cells.encoded(lambda texts: self.encode_target(map(str.strip, texts)))

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
