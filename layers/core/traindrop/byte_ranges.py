"""A CSV shared out among readers by byte range, each range of whole rows: no reader has to see the file before it.

Whether a newline ends a row or stands in a quoted cell is told by the quotes before it, whose number is even at a row's
end. So each reader counts those in its own range, and learns of the others' counts; that holds for files whose quotes
are used as they should be (`traindrop.plain_blocks`). With numpy, 3.10-safe: goes with the training scripts.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from traindrop.csv_rows import Chained, Readable, open_table
from traindrop.plain_blocks import LONGEST_LINE, Blocks, NotPlain, header_line, lines_of

_PIECE_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Share:
    """A reader's range of a file: `start` to before `stop`, whole rows behind the header, which is `header` bytes."""

    path: Path
    delimiter: str
    header: int
    start: int
    stop: int

    def open(self) -> Readable:
        """The header, and the rows of the range: a CSV by itself."""
        with self.path.open("rb") as stream:
            head = stream.read(self.header)
        return Chained(head, _Range(self.path, self.start, self.stop))

    def is_plain(self) -> bool:
        """Whether quotes are used in the range as they have to be for the ranges to be right."""
        try:
            for block in Blocks(b"", _Range(self.path, self.start, self.stop)):
                lines_of(block, self.delimiter)
        except NotPlain:
            return False
        return True


class _Range:
    """A file from one place to before another."""

    def __init__(self, path: Path, start: int, stop: int) -> None:
        self._path, self._place, self._stop = path, start, stop

    def read(self, size: int = -1, /) -> bytes:
        left = self._stop - self._place
        with self._path.open("rb", buffering=0) as stream:
            stream.seek(self._place)
            data = stream.read(left if size < 0 else min(size, left))
        self._place += len(data)
        return data


@dataclass(frozen=True)
class Cuts:
    """Where the ranges begin and end, at equal distances and not yet where rows do. `header`: its length in bytes."""

    path: Path
    delimiter: str
    header: int
    places: tuple[int, ...]

    def quotes(self, reader: int) -> int:
        """How many are in a reader's range."""
        stream = _Range(self.path, *self.places[reader : reader + 2])
        return sum(piece.count(b'"') for piece in iter(lambda: stream.read(_PIECE_BYTES), b""))

    def share(self, quotes: Sequence[int], reader: int) -> Share:
        """A reader's range, moved to where rows end. `quotes`: their number in each reader's.

        Raises NotPlain where no row ends near a cut.
        """
        before = [0, *accumulate(quotes)]
        begin, end = (
            self.places[place] if place in (0, len(quotes)) else _row_end(self.path, self.places[place], before[place])
            for place in (reader, reader + 1)
        )
        return Share(self.path, self.delimiter, self.header, begin, end)


def cuts(path: Path, readers: int) -> Cuts:
    """Raises NotPlain for a file that one reader should read whole, with an odd header or of few rows, and
    DatasetError for one that is no CSV."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(LONGEST_LINE)
    delimiter = open_table(io.BytesIO(head), complete=len(head) == size).delimiter
    header = header_line(head, delimiter)
    if readers == 1 or size - header < readers * 2 * LONGEST_LINE:
        raise NotPlain
    places = tuple(header + (size - header) * place // readers for place in range(readers + 1))
    return Cuts(path, delimiter, header, places)


def _row_end(path: Path, position: int, quotes: int) -> int:
    """Behind the first newline from `position` on that has an even number of quotes before it."""
    with path.open("rb") as stream:
        stream.seek(position)
        data = stream.read(LONGEST_LINE)
    end = -1
    while (end := data.find(b"\n", end + 1)) >= 0:
        if (quotes + data.count(b'"', 0, end)) % 2 == 0:
            return position + end + 1
    raise NotPlain
