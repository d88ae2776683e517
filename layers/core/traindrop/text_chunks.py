"""A CSV in chunks of texts, by the standard library.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

from traindrop.column_cells import Cells, TextCells
from traindrop.csv_rows import Table

CHUNK_ROWS = 8192
CHUNK_CELLS = 1_000_000  # of a wide file fewer rows at a time: as texts so many cells take some 60 MB

T = TypeVar("T")


class Chunk(Protocol):
    """Some rows; `column` by its position in the header."""

    def __len__(self) -> int: ...

    def column(self, position: int) -> Cells: ...


class TextChunk:
    def __init__(self, rows: list[list[str]]) -> None:
        self._rows = len(rows)
        self._columns = list(zip(*rows, strict=True))

    def __len__(self) -> int:
        return self._rows

    def column(self, position: int) -> TextCells:
        return TextCells(self._columns[position])


class TextChunks:
    """As `traindrop.chunks.Chunks` has it."""

    def __init__(self, table: Table) -> None:
        self.header, self.delimiter, self._table = table.header, table.delimiter, table

    def each(self, work: Callable[[Chunk], T], wanted: Iterable[int]) -> Iterator[T]:  # noqa: ARG002 - all are there
        return map(work, text_chunks(self._table.rows, len(self.header)))


def text_chunks(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[TextChunk]:
    """Some rows at a time, in bounded memory however wide the table is."""
    cells = (cells for _, cells in rows)
    most = min(CHUNK_ROWS, CHUNK_CELLS // width + 1)
    while chunk := list(islice(cells, most)):
        yield TextChunk(chunk)
