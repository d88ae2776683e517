"""What one column of a CSV holds, counted batch by batch in bounded memory.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traindrop.cells import DATE_STYLES, MISSING, NONE, is_number, number, parse_date, words

DISTINCT_KEPT = 4096  # values counted per column; beyond it the rarest are forgotten, so that memory is bounded
WORDS_KEPT = 100  # the most frequent, of a column of text
UNIQUE_CHECKED = 100_000  # whole numbers of a column remembered, to see whether one ever comes twice
LONGEST_CATEGORY = 100  # characters; a longer text is prose, not the name of a category
KIND_SHARE = 0.95  # of a column's cells have to be numbers (or dates); the few others then count as missing
ROW_NUMBERS = 20  # so many whole numbers that all differ and lie so close are no chance
CALENDAR_YEARS = (1800, 2200)  # whole numbers between them may be years, even if each comes once


@dataclass(frozen=True)
class Column:
    """What was seen of one column.

    `kind`: "number", "decimal_comma" (numbers such as 3,14), "date", "text" or "empty"; `style` is the order
    of a date's parts. `counts`: rows per value, most frequent first; the frequent ones only where `many` is
    true. `nones`: rows per spelling of None, which in a column of classes is one of them. `odd`: a cell that
    is neither missing nor of the column's kind, "" if there is none. `row_number`: an index of the rows, not
    a property."""

    name: str
    kind: str
    style: str
    rows: int
    missing: int
    counts: dict[str, int]
    nones: dict[str, int]
    words: dict[str, int]
    many: bool
    integers: bool
    row_number: bool
    daytime: bool
    odd: str

    @property
    def numeric(self) -> bool:
        return self.kind in ("number", "decimal_comma")

    @property
    def distinct(self) -> int:
        """Different values; at least so many where `many` is true."""
        return len(self.counts)

    @property
    def examples(self) -> list[str]:
        return list(self.counts)[:3]


class Tally:
    """Counts a column; `column()` says what it is."""

    def __init__(self, name: str, delimiter: str) -> None:
        self.name = name
        # In a file separated by commas a decimal comma would need quotes around every number.
        self.commas = delimiter != ","
        self.rows = self.missing = 0
        self.counts: Counter[str] = Counter()
        self.nones: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()  # cells that could be of each kind
        self.many = self.daytime = False
        self.odd = ""
        self.integers = True
        self.low, self.high = math.inf, -math.inf
        self.unique: set[float] | None = set()

    def add(self, cells: Sequence[str]) -> None:
        seen = Counter(map(str.strip, cells))
        self.rows += len(cells)
        for text in MISSING.intersection(seen):
            rows = seen.pop(text)
            self.missing += rows
            if text in NONE:
                self.nones[text] += rows
        if not seen:
            return
        values = _all_numbers(seen)
        if values is None:
            self._add_mixed(seen)
        else:
            self.kinds["number"] += seen.total()
            self._add_numbers(values, repeated=len(seen) < seen.total())
        self._count(seen)

    def _count(self, seen: "Counter[str]") -> None:
        long = [text for text in seen if len(text) > LONGEST_CATEGORY]
        for text in long:
            del seen[text]
        self.counts.update(seen)
        self.many = self.many or bool(long) or len(self.counts) > DISTINCT_KEPT
        self.counts = _bounded(self.counts)

    def _add_mixed(self, seen: "Counter[str]") -> None:
        self.integers, self.unique = False, None
        plain = _rows_of(seen, (text for text in seen if is_number(text)))
        self.kinds["number"] += plain
        self.odd = self.odd or next(text for text in seen if not is_number(text))
        if self.commas:
            self.kinds["decimal_comma"] += _rows_of(seen, (t for t in seen if is_number(t, decimal_comma=True)))
        if plain > seen.total() / 2:
            return  # numbers with some dirt: no date
        for style in DATE_STYLES:
            dates = {text: when for text in seen if (when := parse_date(text, style))}
            self.kinds[style] += _rows_of(seen, dates)
            self.daytime = self.daytime or any(when.hour or when.minute for when in dates.values())
        for text, rows in seen.items():
            self.words.update(dict.fromkeys(words(text), rows))
        self.words = _bounded(self.words)

    def _add_numbers(self, values: list[float], *, repeated: bool) -> None:
        if self.commas:
            self.kinds["decimal_comma"] = self.kinds["number"]
        self.low, self.high = min(self.low, min(values)), max(self.high, max(values))
        self.integers = self.integers and all(map(float.is_integer, values))
        if self.unique is None or not self.integers or repeated or not self.unique.isdisjoint(values):
            self.unique = None
        elif len(self.unique) < UNIQUE_CHECKED:
            self.unique.update(values)

    def column(self) -> Column:
        kind, style = self._kind(), ""
        fitting = self.kinds[kind] if kind in self.kinds else self.rows - self.missing
        if kind in DATE_STYLES:
            kind, style = "date", kind
        return Column(
            name=self.name,
            kind=kind,
            style=style,
            rows=self.rows,
            missing=self.missing,
            counts=dict(self.counts.most_common()),
            nones=dict(self.nones),
            words=dict(self.words.most_common(WORDS_KEPT)) if kind == "text" else {},
            many=self.many,
            integers=kind == "number" and self.integers,
            row_number=self._is_row_number(),
            daytime=self.daytime,
            odd=self.odd if fitting < self.rows - self.missing else "",
        )

    def _kind(self) -> str:
        """The kind that most cells fit; of equals the first: 3.14 before 3,14, the day before the month."""
        present = self.rows - self.missing
        if not present:
            return "empty"
        kind = max(("number", "decimal_comma", *DATE_STYLES), key=lambda kind: self.kinds[kind])
        return kind if self.kinds[kind] >= KIND_SHARE * present else "text"

    def _is_row_number(self) -> bool:
        """Whole numbers, none missing, none twice, filling at least half of their range: an index of the
        rows. In a file sorted by its target it would give the answer away; in any other it says nothing."""
        if self.unique is None or self.missing or self.rows < ROW_NUMBERS:
            return False
        if self.low >= CALENDAR_YEARS[0] and self.high <= CALENDAR_YEARS[1]:
            return False
        return self.high - self.low < 2 * self.rows


def _bounded(counts: "Counter[str]") -> "Counter[str]":
    return Counter(dict(counts.most_common(DISTINCT_KEPT // 2))) if len(counts) > DISTINCT_KEPT else counts


def _all_numbers(texts: Iterable[str]) -> list[float] | None:
    """The fast way for a column of clean numbers; None if any text is none."""
    if "_" in "".join(texts):
        return None
    try:
        values = list(map(float, texts))
    except ValueError:
        return None
    return values if math.isfinite(sum(values)) else _finite(texts)


def _finite(texts: Iterable[str]) -> list[float] | None:
    values = [number(text) for text in texts]
    return None if any(value != value for value in values) else values


def _rows_of(seen: "Counter[str]", texts: Iterable[str]) -> int:
    return sum(seen[text] for text in texts)
