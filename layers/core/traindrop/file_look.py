"""What a CSV holds, for comparing the training file with the test file: counts, a sample of its rows, their digests."""

import hashlib
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from traindrop.cells import date_numbers, number, numbers
from traindrop.column import Column
from traindrop.column_cells import TextCells
from traindrop.file_parts import SEED, Rows
from traindrop.tally import Tally

_MOST_ROWS = 20_000  # of the sample
_MOST_CELLS = 500_000  # of the sample and of a batch: some 50 MB as texts


@dataclass(frozen=True)
class FileLook:
    """`rows` rows were looked at, `share` of the file's bytes. `columns`: counts over all of them, by name.

    `cells`: the text of a sample of the rows, in the file's order, by column. `digests`: of each row's cells in the
    columns that were asked for, uint64 of shape (rows,).
    """

    rows: int
    share: float
    columns: dict[str, Column]
    cells: dict[str, Sequence[str]]
    digests: npt.NDArray[np.uint64]

    def numbers(self, column: Column) -> npt.NDArray[np.float64]:
        """The sampled cells of a column read as `column` of the training file is: numbers, or days of dates."""
        cells = [cell.strip() for cell in self.cells[column.name]]
        if column.kind == "date":
            return np.array(date_numbers(cells, column.style, "date"), dtype=np.float64)
        if column.kind == "decimal_comma":
            return np.array([number(cell, decimal_comma=True) for cell in cells])
        return np.array(numbers(cells), dtype=np.float64)


def look_at(rows: Rows, digested: Sequence[str]) -> FileLook:
    """Walks through the rows in bounded memory; the sample is drawn with a seed. Raises DatasetError as they do."""
    tallies = [Tally(rows.delimiter) for _ in rows.header]
    sample = _Sample(min(_MOST_ROWS, _MOST_CELLS // len(rows.header) + 1))
    positions = [rows.header.index(name) for name in digested]
    digests, count = array("Q"), 0
    for batch in _batches(rows.cells, _MOST_CELLS // len(rows.header) + 1):
        count += len(batch)
        for tally, cells in zip(tallies, zip(*batch, strict=True), strict=True):
            tally.add(TextCells(cells))
        digests.extend(_digest([row[position].strip() for position in positions]) for row in batch)
        sample.add(batch)
    cells_by_column = list(zip(*sample.rows, strict=True)) or [()] * len(rows.header)
    return FileLook(
        rows=count,
        share=rows.share,
        columns={name: tally.column(name) for name, tally in zip(rows.header, tallies, strict=True)},
        cells=dict(zip(rows.header, cells_by_column, strict=True)),
        digests=np.frombuffer(digests, dtype=np.uint64),
    )


def _batches(rows: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    while batch := list(islice(rows, size)):
        yield batch


def _digest(cells: Sequence[str]) -> int:
    # A unit separator keeps ("ab", "c") from ("a", "bc").
    text = "\x1f".join(cells).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


class _Sample:
    """Each row of a stream with the same chance (J. S. Vitter, 1985, Random sampling with a reservoir, algorithm R)."""

    def __init__(self, size: int) -> None:
        self._size, self._seen = size, 0
        self._random = random.Random(SEED)  # noqa: S311 - a sample, no secret
        self._kept: list[tuple[int, list[str]]] = []

    def add(self, rows: list[list[str]]) -> None:
        for row in rows:
            if self._seen < self._size:
                self._kept.append((self._seen, row))
            elif (place := int(self._random.random() * (self._seen + 1))) < self._size:
                self._kept[place] = (self._seen, row)
            self._seen += 1

    @property
    def rows(self) -> list[list[str]]:
        return [row for _, row in sorted(self._kept, key=lambda kept: kept[0])]
