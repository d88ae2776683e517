"""The rows of a CSV in bounded time: of all of it up to `MOST_BYTES`, else of parts drawn from everywhere in it."""

import csv
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from traindrop import headerless
from traindrop.csv_rows import open_table

MOST_BYTES = 16 * 1024**2  # some 250,000 rows; they are looked at in a few seconds
_HEAD = 1024**2  # the first part, which has to hold the header
_PART = 256 * 1024
SEED = 42


@dataclass(frozen=True)
class Source:
    """A CSV of `size` bytes that is read in parts: `read(start, length)`. `name` in messages.

    `headerless`: the label first, no header.
    """

    name: str
    size: int
    read: Callable[[int, int], bytes]
    headerless: bool = False


@dataclass(frozen=True)
class Rows:
    """`cells` of each row can be walked once, as many as in `header`. `share`: of the file's bytes, 1 for all."""

    header: tuple[str, ...]
    cells: Iterator[list[str]]
    share: float
    delimiter: str


def source_of(path: Path, *, name: str, headerless: bool = False) -> Source:
    def read(start: int, length: int) -> bytes:
        with path.open("rb") as stream:
            stream.seek(start)
            return stream.read(length)

    return Source(name, path.stat().st_size, read, headerless)


def rows_of(source: Source, *, most_bytes: int = MOST_BYTES) -> Rows:
    """Header and rows. Raises DatasetError, also from `cells`, for a file that is no CSV.

    A part begins and ends where a line does; where that is inside a quoted cell, the rows that do not have the
    header's width are left out.
    """
    complete = source.size <= most_bytes
    head = source.read(0, source.size if complete else _HEAD)
    if not complete:
        head = head[: head.rfind(b"\n") + 1]
    if source.headerless:
        head = _header(head) + head.removeprefix(b"\xef\xbb\xbf")
    table = open_table(io.BytesIO(head), complete=complete)

    def cells() -> Iterator[list[str]]:
        yield from (row for _, row in table.rows)
        if not complete:
            yield from _drawn(source, most_bytes, table.delimiter, len(table.header))

    return Rows(table.header, cells(), 1.0 if complete else most_bytes / source.size, table.delimiter)


def _header(head: bytes) -> bytes:
    """The names that `traindrop.headerless` gives."""
    columns = head.partition(b"\n")[0].count(b",")
    return ",".join([headerless.TARGET, *(f"f{number}" for number in range(columns))]).encode() + b"\n"


def _drawn(source: Source, most_bytes: int, delimiter: str, width: int) -> Iterator[list[str]]:
    """Rows of one part each from equal lengths of the file, in its order."""
    parts = (most_bytes - _HEAD) // _PART
    length = (source.size - _HEAD) / parts
    random_ = random.Random(SEED)  # noqa: S311 - a sample, no secret
    for number in range(parts):
        start = _HEAD + int(length * number + random_.random() * max(length - _PART, 0))
        lines = source.read(start, _PART).splitlines(keepends=True)[1:-1]
        text = io.StringIO(b"".join(lines).decode("utf-8", errors="replace").replace("\0", ""), newline="")
        rows = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
        try:
            yield from (row for row in rows if len(row) == width)
        except csv.Error:  # a cell beyond all measure: the next part has others
            continue
