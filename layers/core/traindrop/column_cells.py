"""The cells of one column in some rows of a file, read with the standard library.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from traindrop.cells import MISSING, NAN, number, numbers

Encode = Callable[[Sequence[str]], "array[float]"]


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column in some rows, as `traindrop.cells.number` reads them; a missing cell has none."""

    rows: int
    low: float
    high: float
    whole: bool
    values: Callable[[], Iterable[float]]


class Cells(Protocol):
    """What is asked of a column's cells; Arrow's are in `traindrop.arrow_cells`."""

    def __len__(self) -> int: ...

    def part(self, start: int, stop: int) -> "Cells":
        """The rows from `start` to before `stop`."""

    def counted(self) -> dict[str, int]:
        """Rows by stripped text, missing ones too; a text comes where its first row does."""

    def counted_of(self, texts: "frozenset[str]") -> dict[str, int]:
        """`counted` of these texts alone, which have "" among them: it stands for the spellings of missing, but for
        those of None."""

    def few(self, most: int) -> dict[str, int] | None:
        """`counted`, or None where there are more than `most` different cells."""

    def plain_numbers(self) -> Numbers | None:
        """None where a cell that is not missing spells no number (`traindrop.cells.is_number`), or none is there."""

    def as_numbers(self, missing: float = NAN) -> "array[float]":
        """`traindrop.cells.numbers`: float32, `missing` for what is none."""

    def as_doubles(self) -> "array[float]":
        """`traindrop.cells.number` of each, float64."""

    def encoded(self, encode: Encode) -> "array[float]":
        """What `encode` makes of the cells, unstripped; it is given any number of them, in any order."""

    def texts_at(self, rows: Sequence[int]) -> list[str]:
        """Stripped, and "" for each spelling of missing."""


class TextCells:
    """Cells as texts."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return len(self._cells)

    def part(self, start: int, stop: int) -> "TextCells":
        return self if stop - start == len(self) else TextCells(self._cells[start:stop])

    def counted(self) -> dict[str, int]:
        return self._counted

    def counted_of(self, texts: "frozenset[str]") -> dict[str, int]:
        return Counter(text for text in map(str.strip, self._cells) if text in texts)

    def few(self, most: int) -> dict[str, int] | None:
        found = self.counted()
        return found if len(found) <= most else None

    @cached_property
    def _counted(self) -> "Counter[str]":
        return Counter(map(str.strip, self._cells))

    def plain_numbers(self) -> Numbers | None:
        values = numbers_of(self._cells)
        if values is None:
            values = numbers_of([text for text in map(str.strip, self._cells) if text not in MISSING])
        if not values:
            return None
        whole = all(map(float.is_integer, values))
        return Numbers(len(values), min(values), max(values), whole, values.copy)

    def as_numbers(self, missing: float = NAN) -> "array[float]":
        return numbers(self._cells, missing)

    def as_doubles(self) -> "array[float]":
        return doubles(self._cells)

    def encoded(self, encode: Encode) -> "array[float]":
        return encode(self._cells)

    def texts_at(self, rows: Sequence[int]) -> list[str]:
        return [present(self._cells[row]) for row in rows]


def present(cell: str) -> str:
    """The stripped text, "" if it spells missing."""
    text = cell.strip()
    return "" if text in MISSING else text


def doubles(cells: Sequence[str]) -> "array[float]":
    return array("d", [number(cell.strip()) for cell in cells])


def numbers_of(texts: Sequence[str]) -> list[float] | None:
    """The numbers that all texts spell; None if any text spells none."""
    if "_" in "".join(texts):
        return None
    try:
        values = list(map(float, texts))
    except ValueError:
        return None
    # A sum is finite only if no text was infinite or not a number.
    return values if math.isfinite(sum(values)) else _finite(texts)


def _finite(texts: Sequence[str]) -> list[float] | None:
    values = [number(text) for text in texts]
    return None if any(value != value for value in values) else values
