"""What a CSV holds: its columns, and whether its first line is a header.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from traindrop.cells import MISSING, is_number
from traindrop.chunks import open_chunks
from traindrop.column import Column
from traindrop.column_cells import Cells
from traindrop.csv_rows import DatasetError, Readable
from traindrop.tally import Tally
from traindrop.text_chunks import Chunk


@dataclass(frozen=True)
class Findings:
    """What was seen of a file; of all of it if `complete`, else of its beginning. `rows` are data rows."""

    columns: tuple[Column, ...]
    rows: int
    delimiter: str
    complete: bool

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Raises DatasetError for a name that the header does not have, with the closest that it has."""
        for column in self.columns:
            if column.name == name:
                return column
        close = difflib.get_close_matches(name.lower(), map(str.lower, self.names), n=1)
        meant = [f" Did you mean {found!r}?" for found in self.names if found.lower() in close]
        raise DatasetError(
            f"line 1: the header has no column {name!r}.{''.join(meant[:1])} "
            f"Its columns are: {shown_names(self.names)}."
        )


_SHOWN_NAME = 100


def shown_names(names: Sequence[str], limit: int = 40) -> str:
    """Names for a message, cut where there are too many to read."""
    more = f", … ({len(names)} in all)" if len(names) > limit else ""
    cut = (name if len(name) <= _SHOWN_NAME else f"{name[: _SHOWN_NAME - 1]}…" for name in names[:limit])
    return ", ".join(cut) + more


def survey(stream: Readable, *, complete: bool = True) -> Findings:
    """Walks through a CSV in bounded memory. Raises DatasetError for what cannot be trained on whatever the
    target: format, encoding, header, ragged rows, no rows."""
    return found(tallied(stream, complete=complete), complete=complete)


@dataclass
class Tallied:
    """The columns of a CSV as they were counted. `merge` takes in those of the rows that come after."""

    header: tuple[str, ...]
    delimiter: str
    rows: int
    tallies: list[Tally]

    def merge(self, other: "Tallied") -> None:
        self.rows += other.rows
        for tally, more in zip(self.tallies, other.tallies, strict=True):
            tally.merge(more)


def tallied(stream: Readable, *, complete: bool = True) -> Tallied:
    """Raises DatasetError as `survey` does, but for what is known of all rows only."""
    chunks = open_chunks(stream, complete=complete)
    tallies = [Tally(chunks.delimiter) for _ in chunks.header]

    def looked_at(chunk: Chunk) -> tuple[int, list[Cells]]:
        columns = [chunk.column(position) for position in range(len(tallies))]
        for tally, cells in zip(tallies, columns, strict=True):
            tally.look_at(cells)
        return len(chunk), columns

    rows = 0
    for count, columns in chunks.each(looked_at, range(len(tallies))):
        rows += count
        for tally, cells in zip(tallies, columns, strict=True):
            tally.add(cells)
    return Tallied(chunks.header, chunks.delimiter, rows, tallies)


def found(counted: Tallied, *, complete: bool = True) -> Findings:
    """Ends the counting. Raises DatasetError for names that are no header's, and for no rows."""
    columns = tuple(tally.column(name) for name, tally in zip(counted.header, counted.tallies, strict=True))
    _check_header_is_no_data(columns)
    check_names(counted.header)
    if counted.rows == 0 and complete:
        raise DatasetError("the file has a header and no rows. Expected one line per row below the header.")
    return Findings(columns, counted.rows, counted.delimiter, complete)


def check_names(header: Sequence[str]) -> None:
    """Raises DatasetError for a blank or a repeated column name."""
    first_positions: dict[str, int] = {}
    for position, name in enumerate(header, 1):
        if not name:
            raise DatasetError(
                f"line 1: column {position} of the header has no name. Give every column one (if it is a row "
                "index written by pandas: to_csv(…, index=False))."
            )
        if (first := first_positions.setdefault(name, position)) != position:
            raise DatasetError(
                f"line 1: the column name {name!r} appears twice, as columns {first} and {position}. "
                "Names must differ: rename or remove one."
            )


def _check_header_is_no_data(columns: Sequence[Column]) -> None:
    """Raises DatasetError for a first line that looks like every other line: numbers above the columns of
    numbers, and above the columns of text (some of them, if there are numbers too) one of their own
    values."""
    numeric = [column for column in columns if column.numeric]
    texts = [column for column in columns if column.kind == "text"]
    repeated = [column for column in texts if column.name in column.counts]
    if not numeric and not texts:
        numeric = list(columns)  # nothing below to compare with
    if not all(_fits_numbers(column.name) for column in numeric):
        return
    if (numeric and not texts) or (numeric and repeated) or (texts and len(repeated) == len(texts)):
        raise DatasetError(
            f"line 1 looks like data, not like a header: {shown_names([c.name for c in columns], 6)}. "
            "Put a line with the column names first."
        )


def _fits_numbers(name: str) -> bool:
    return name in MISSING or is_number(name, decimal_comma=True)
