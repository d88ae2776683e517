"""Rows of a CSV put together from columns of bytes: fast, since no cell is formatted twice.

A column is a numpy array of bytes (`S`), one cell a row, padded with zeros by numpy; the zeros are left out at the end.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.bytes_]


def lines(columns: Sequence[Cells], *, delimiter: bytes = b",") -> bytes:
    """The rows as text, each with its line's end."""
    parts: list[npt.NDArray[np.uint8]] = []
    rows = len(columns[0])
    ends = [delimiter] * (len(columns) - 1) + [b"\n"]
    for cells, end in zip(columns, ends, strict=True):
        parts.append(np.ascontiguousarray(cells).view(np.uint8).reshape(rows, -1))
        parts.append(np.full((rows, len(end)), np.frombuffer(end, dtype=np.uint8)))
    table = np.concatenate(parts, axis=1)
    return bytes(table[table != 0].tobytes())


class Table:
    """Texts by their number, each formatted once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = np.array([text.encode() for text in texts], dtype=np.bytes_)

    def __getitem__(self, numbers: npt.NDArray[Any]) -> Cells:
        found: Cells = self._texts[numbers]
        return found


class Decimals:
    """Numbers with so many decimals, those beyond `most` cut off; an empty cell for NaN."""

    def __init__(self, decimals: int, most: float) -> None:
        self._steps, self._most = 10**decimals, round(most * 10**decimals)
        numbers = range(-self._most, self._most + 1)
        self._table = Table([*(f"{number / self._steps:.{decimals}f}" for number in numbers), ""])

    def __call__(self, values: npt.NDArray[np.floating]) -> Cells:
        missing = np.isnan(values)
        steps = np.clip(np.rint(np.where(missing, 0, values) * self._steps), -self._most, self._most).astype(np.int64)
        return self._table[np.where(missing, 2 * self._most + 1, steps + self._most)]


def digits(numbers: npt.NDArray[np.int64], width: int) -> Cells:
    """Whole numbers from 0, with leading zeros."""
    places = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    found = (numbers[:, None] // places % 10 + ord("0")).astype(np.uint8)
    return np.ascontiguousarray(found).view(f"S{width}").reshape(-1)


def joined(*columns: Cells) -> Cells:
    """Cells of several parts, none of which is empty but where all are of one width."""
    found: Cells = columns[0]
    for column in columns[1:]:
        found = np.char.add(found, column)
    return found
