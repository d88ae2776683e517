"""What a CSV holds: its columns, their kinds, and what counts as evidence. No decision is made here.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from traindrop.cells import DATE_STYLES, MISSING, is_number, number, parse_date
from traindrop.csv_rows import DatasetError, Readable, Table, open_table

BATCH_ROWS = 65536
DISTINCT_KEPT = (
    4096  # values counted per column; beyond it the rarest are forgotten, so that memory is bounded
)
UNIQUE_CHECKED = 100_000  # whole numbers of a column remembered to see whether one ever comes twice
LONGEST_CATEGORY = 100  # characters; a longer text is prose, not the name of a category
KIND_SHARE = 0.95  # of a column's cells have to be numbers (or dates); the few others then count as missing
CALENDAR_YEARS = (1800, 2200)  # whole numbers between them may be years, even if each comes once

WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Column:
    """What was seen of one column.

    `kind`: "number", "decimal_comma" (numbers such as 3,14), "date", "text" or "empty"; `style` the order of a
    date's parts. `counts`: rows per value, most frequent first; only the frequent ones where `many` is true.
    `odd`: an example of a cell that is not missing and not of that kind.
    """

    name: str
    kind: str
    style: str
    rows: int
    missing: int
    counts: dict[str, int]
    words: dict[str, int]
    many: bool
    integers: bool
    row_number: bool
    daytime: bool
    odd: str

    @property
    def numeric(self) -> bool:
        return self.kind in ("number", "decimal_comma")


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
        """Raises KeyError for a name that the header does not have."""
        return next((column for column in self.columns if column.name == name), None) or _unknown(name)


def _unknown(name: str) -> Column:
    raise KeyError(name)


def survey(stream: Readable, *, complete: bool = True) -> Findings:
    """Walks through a CSV in bounded memory. Raises DatasetError for what cannot be trained on whatever the
    target: format, encoding, header, ragged rows, no rows."""
    table = open_table(stream, complete=complete)
    tallies = [_Tally(name, table.delimiter) for name in table.header]
    rows = 0
    for batch in batches(table, BATCH_ROWS):
        rows += len(batch)
        for tally, cells in zip(tallies, zip(*batch, strict=True), strict=True):
            tally.add(cells)
    columns = tuple(tally.column() for tally in tallies)
    _check_header_is_no_data(columns)
    check_names(table.header)
    if rows == 0 and complete:
        raise DatasetError("the file has a header and no rows. Expected one line per row below the header.")
    return Findings(columns, rows, table.delimiter, complete)


def batches(table: Table, rows: int) -> Iterator[list[list[str]]]:
    """The table's rows, some at a time."""
    cells = (cells for _, cells in table.rows)
    while batch := list(islice(cells, rows)):
        yield batch


def check_names(header: Sequence[str]) -> None:
    """Raises DatasetError for a blank or a repeated column name."""
    for position, name in enumerate(header, 1):
        if not name:
            raise DatasetError(
                f"line 1: column {position} of the header has no name. Give every column one (if it is a row "
                "index written by pandas: to_csv(…, index=False))."
            )
        if (first := header.index(name) + 1) != position:
            raise DatasetError(
                f"line 1: the column name {name!r} appears twice, as columns {first} and {position}. "
                "Names must differ: rename or remove one."
            )


def _check_header_is_no_data(columns: Sequence[Column]) -> None:
    """A first line that looks like every other line: numbers above numbers, and a category among the categories."""
    numeric = [column for column in columns if column.numeric]
    texts = [column for column in columns if column.kind == "text"]
    if not numeric and not texts:
        numeric = list(columns)  # no row below: only a line of nothing but numbers is no header
    if not all(is_number(column.name) or (column.name in MISSING and texts) for column in numeric):
        return
    repeated = [column for column in texts if column.name in column.counts]
    if (repeated and numeric) or (numeric and not texts) or (texts and len(repeated) == len(texts)):
        shown = ", ".join(column.name for column in columns[:6])
        raise DatasetError(
            f"line 1 looks like data, not like a header: {shown}{', …' if len(columns) > 6 else ''}. "
            "Put a line with the column names first."
        )


class _Tally:
    """Counts one column, batch by batch."""

    def __init__(self, name: str, delimiter: str) -> None:
        self.name = name
        self.rows = self.missing = 0
        self.counts: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.many = self.daytime = False
        self.kinds: Counter[str] = Counter()  # cells that could be of each kind
        self.comma = delimiter != ","
        self.odd = ""
        self.integers = True
        self.low, self.high = math.inf, -math.inf
        self.unique: set[float] | None = set()

    def add(self, cells: Sequence[str]) -> None:
        present = [text for cell in cells if (text := cell.strip()) not in MISSING]
        self.rows += len(cells)
        self.missing += len(cells) - len(present)
        seen = Counter(present)
        self._add_kinds(seen)
        for text in seen:
            if len(text) > LONGEST_CATEGORY:
                self.many = True
        self.counts.update({t: n for t, n in seen.items() if len(t) <= LONGEST_CATEGORY})
        if len(self.counts) > DISTINCT_KEPT:
            self.many = True
            self.counts = Counter(dict(self.counts.most_common(DISTINCT_KEPT // 2)))

    def _add_kinds(self, seen: Counter[str]) -> None:
        """A kind that fits less than half of a batch is not tried again: most columns have one at once."""
        values = [number(text) for text in seen if is_number(text)]
        plain = sum(n for text, n in seen.items() if is_number(text))
        self.kinds["number"] += plain
        if plain == seen.total():
            self._add_numbers(values, repeated=len(seen) < plain)
            return
        self.integers, self.unique = False, None
        if self.comma:
            self.kinds["decimal_comma"] += sum(n for t, n in seen.items() if is_number(t, decimal_comma=True))
        self.odd = self.odd or next(text for text in seen if not is_number(text))
        if plain > seen.total() / 2:
            return
        for style in DATE_STYLES:
            dates = {text: when for text in seen if (when := parse_date(text, style))}
            self.kinds[style] += sum(seen[text] for text in dates)
            self.daytime = self.daytime or any(when.hour or when.minute for when in dates.values())
        for text, rows in seen.items():
            for word in {word.lower() for word in WORD.findall(text)}:
                self.words[word] += rows
        if len(self.words) > DISTINCT_KEPT:
            self.words = Counter(dict(self.words.most_common(DISTINCT_KEPT // 2)))

    def _add_numbers(self, values: list[float], *, repeated: bool) -> None:
        if not values:
            return
        self.low, self.high = min(self.low, *values), max(self.high, *values)
        self.integers = self.integers and all(map(float.is_integer, values))
        if self.unique is None or not self.integers or repeated or not self.unique.isdisjoint(values):
            self.unique = None
        elif len(self.unique) < UNIQUE_CHECKED:
            self.unique.update(values)

    def column(self) -> Column:
        present = self.rows - self.missing
        likely = ["number", "decimal_comma", *DATE_STYLES]
        kind = max(likely, key=lambda k: self.kinds[k])
        if present == 0:
            kind = "empty"
        elif self.kinds[kind] < KIND_SHARE * present:
            kind = "text"
        style = kind if kind in DATE_STYLES else ""
        return Column(
            self.name,
            "date" if style else kind,
            style,
            self.rows,
            self.missing,
            dict(self.counts.most_common()),
            dict(self.words.most_common()),
            self.many,
            kind == "number" and self.integers,
            self._is_row_number(),
            bool(style) and self.daytime,
            "" if kind in ("text", "empty") or self.kinds[kind] == present else self.odd,
        )

    def _is_row_number(self) -> bool:
        """Whole numbers, none missing, none twice, filling at least half of their range: an index of the rows.
        In a file sorted by its target it would give the answer away; in any other it says nothing."""
        if self.unique is None or self.rows < 20 or self.missing or not self.integers:
            return False
        if self.low >= CALENDAR_YEARS[0] and self.high <= CALENDAR_YEARS[1]:
            return False
        return self.high - self.low < 2 * self.rows
