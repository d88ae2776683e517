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
    header: int
    start: int
    stop: int

    def open(self) -> Readable:
        """The header, and the rows of the range: a CSV by itself."""
        with self.path.open("rb") as stream:
            head = stream.read(self.header)
        return Chained(head, _Range(self.path, self.start, self.stop))


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


def cuts(path: Path, readers: int) -> tuple[int, list[int]]:
    """The header's length, and where the ranges begin and end, at equal distances and not yet at a row's end.

    Raises NotPlain for a file that one reader should read whole: an odd header, or rows too few to share.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(LONGEST_LINE)
    header = header_line(head, open_table(io.BytesIO(head), complete=len(head) == size).delimiter)
    if size - header < readers * 2 * LONGEST_LINE:
        raise NotPlain
    return header, [header + (size - header) * place // readers for place in range(readers + 1)]


def quotes_between(path: Path, start: int, stop: int) -> int:
    stream = _Range(path, start, stop)
    return sum(piece.count(b'"') for piece in iter(lambda: stream.read(_PIECE_BYTES), b""))


def share(path: Path, header: int, places: Sequence[int], quotes: Sequence[int], reader: int) -> Share:
    """The range of `reader`, moved to where rows end. `quotes`: their number in each range.

    Raises NotPlain where no row ends near a cut.
    """
    before = [0, *accumulate(quotes)]

    def row_end(place: int) -> int:
        return places[place] if place in (0, len(places) - 1) else _row_end(path, places[place], before[place])

    return Share(path, header, row_end(reader), row_end(reader + 1))


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


def is_plain(found: Share, delimiter: str) -> bool:
    """Whether quotes are used in the range as they have to be for the ranges to be right."""
    try:
        for block in Blocks(b"", _Range(found.path, found.start, found.stop)):
            lines_of(block, delimiter)
    except NotPlain:
        return False
    return True
