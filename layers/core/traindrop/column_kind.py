"""What the texts of a column spell: numbers, dates or words.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import math
from collections import Counter
from collections.abc import Mapping, Set

from traindrop.cells import DATE_STYLES, is_number, parse_date, words
from traindrop.column_cells import Numbers, numbers_of

KIND_SHARE = 0.95  # of a column's cells have to be numbers (or dates); the few others then count as missing
UNIQUE_CHECKED = 100_000  # whole numbers of a column remembered, to see whether one ever comes twice
ROW_NUMBERS = 20  # so many whole numbers that all differ and lie so close are no chance
CALENDAR_YEARS = (1800, 2200)  # whole numbers between them may be years, even if each comes once


class Kind:
    """Judges texts; `of()` says what a column of them is."""

    def __init__(self, *, commas: bool) -> None:
        # In a file separated by commas a decimal comma would need quotes around every number.
        self._commas = commas
        self._rows: Counter[str] = Counter()  # that could be of each kind
        self.judged = 0  # rows
        self._odd: dict[str, str] = {}  # the first text that is not of a kind
        self._low, self._high = math.inf, -math.inf
        self.words: Counter[str] = Counter()
        self.daytime = False
        self.integers = True
        self.unique: set[float] | None = set()  # None: one came twice, or not all are whole

    def judge(self, texts: Mapping[str, int]) -> bool:
        """Takes rows by stripped text, none of them missing; whether all are numbers."""
        values = numbers_of(list(texts))
        if values is None:
            self.judged += sum(texts.values())
            self._add_mixed(texts)
        elif values:
            rows = sum(texts.values())
            whole = all(map(float.is_integer, values))
            self.add_numbers(Numbers(rows, min(values), max(values), whole, values.copy), repeated=len(values) < rows)
        return values is not None

    def add_numbers(self, found: Numbers, *, repeated: bool = False) -> None:
        self.judged += found.rows
        self._rows["number"] += found.rows
        if self._commas:
            self._rows["decimal_comma"] += found.rows
        self._low, self._high = min(self._low, found.low), max(self._high, found.high)
        self.integers = self.integers and found.whole
        if self.unique is None or not self.integers or repeated:
            self.unique = None
            return
        values = set(found.values())
        if len(values) < found.rows or not self.unique.isdisjoint(values):
            self.unique = None
        elif len(self.unique) < UNIQUE_CHECKED:
            self.unique |= values

    def _add_mixed(self, texts: Mapping[str, int]) -> None:
        self.integers, self.unique = False, None
        numbers = {text for text in texts if is_number(text)}
        self._add("number", texts, numbers)
        if self._commas:
            self._add("decimal_comma", texts, {text for text in texts if is_number(text, decimal_comma=True)})
        if 2 * sum(texts[text] for text in numbers) > sum(texts.values()):
            return  # numbers with some dirt: no date
        for style in DATE_STYLES:
            dates = {text: when for text in texts if (when := parse_date(text, style))}
            self._add(style, texts, dates.keys())
            self.daytime = self.daytime or any(when.hour or when.minute for when in dates.values())
        for text, rows in texts.items():
            self.words.update(dict.fromkeys(sorted(words(text)), rows))

    def _add(self, kind: str, texts: Mapping[str, int], fitting: Set[str]) -> None:
        self._rows[kind] += sum(texts[text] for text in fitting)
        if kind not in self._odd and len(fitting) < len(texts):
            self._odd[kind] = next(text for text in texts if text not in fitting)

    def merge(self, other: "Kind") -> None:
        """Takes in what was judged of rows that come after."""
        self.judged += other.judged
        self._rows.update(other._rows)
        self._odd = {**other._odd, **self._odd}
        self._low, self._high = min(self._low, other._low), max(self._high, other._high)
        self.words.update(other.words)
        self.daytime = self.daytime or other.daytime
        self.integers = self.integers and other.integers
        if self.unique is None or other.unique is None or not self.unique.isdisjoint(other.unique):
            self.unique = None
        else:
            self.unique |= other.unique

    def of(self) -> tuple[str, str]:
        """What most of the judged rows fit, and a text that does not, "" if there is none.

        Of equals the first: 3.14 before 3,14, the day before the month.
        """
        if not self.judged:
            return "empty", ""
        kind = max(("number", "decimal_comma", *DATE_STYLES), key=lambda kind: self._rows[kind])
        if self._rows[kind] < KIND_SHARE * self.judged:
            return "text", ""
        return kind, self._odd.get(kind, "")

    def is_row_number(self, rows: int) -> bool:
        """Whole numbers in each of `rows` rows, none twice, filling at least half of their range: an index of the
        rows. In a file sorted by its target it would give the answer away; in any other it says nothing."""
        if self.unique is None or rows < ROW_NUMBERS:
            return False
        if self._low >= CALENDAR_YEARS[0] and self._high <= CALENDAR_YEARS[1]:
            return False
        return self._high - self._low < 2 * rows
