"""Whether a column names rows rather than saying something of them."""

import re

import numpy as np

from traindrop.column import Column
from traindrop.file_look import FileLook

_LEAST_ROWS = 50
_LEAST_DISTINCT = 0.99  # of the cells that are filled
_LEAST_FILLED = 0.95
_LEAST_DIGITS = 6
_WORDS = {"id", "ids", "uuid", "guid", "key", "index", "idx", "nr", "no", "number", "row", "rowid"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def why_id_like(column: Column, look: FileLook) -> str | None:
    """What makes it look so; None where it does not. A measured value may be different in each row too.

    So it has to be a whole number or one word, hardly ever twice, and to be called like an id, to rise from row to
    row, or to have the same number of digits everywhere.
    """
    cells = [cell.strip() for cell in look.cells[column.name]]
    missing = column.missing / max(column.rows, 1)
    if len(cells) < _LEAST_ROWS or missing > 1 - _LEAST_FILLED or not (column.integers or column.kind == "text"):
        return None
    if len(set(cells)) < _LEAST_DISTINCT * (1 - missing) * len(cells) or any(" " in cell for cell in cells):
        return None
    if is_called_like_an_id(column.name):
        return "it is called like an id"
    if not column.integers:
        return "each is one word" if _same_length(cells) else None
    if bool((np.diff(look.numbers(column)) > 0).all()):
        return "it rises from row to row"
    return "all have as many digits" if _same_length(cells) else None


def is_called_like_an_id(name: str) -> bool:
    """By its first or last word: `PassengerId`, `order_no`, `id`."""
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and (words[0] in {"id", "uuid", "guid"} or words[-1] in _WORDS)


def _same_length(cells: list[str]) -> bool:
    lengths = {len(cell) for cell in cells if cell}
    return len(lengths) == 1 and min(lengths) >= _LEAST_DIGITS
