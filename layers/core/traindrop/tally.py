"""A column counted, some rows at a time and in bounded memory.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from collections import Counter
from itertools import islice

from traindrop.cells import DATE_STYLES, MISSING, NONE, is_number
from traindrop.column import Column
from traindrop.column_cells import Cells, numbers_of
from traindrop.column_kind import Kind

DISTINCT_KEPT = 4096  # values counted per column; beyond it the rarest are forgotten, so that memory is bounded
JUDGED = 500  # of the values that are forgotten at once: their kinds' shares are then right to some 1 %
LONGEST_CATEGORY = 100  # characters; a longer text is prose, not the name of a category
# Segments of texts that hardly repeat, after which it is known what they are: their kind, their words, and which of
# them come often. From then on only these are counted.
SEGMENTS_OF_TEXTS = 12
WORDS_KEPT = 100  # the most frequent, of a column of text
SEGMENT = 1024  # rows; until its end a column may hold so many more values than are kept


class Tally:
    """Counts a column; `column()` says what it is.

    The same rows give the same column, however they are handed over: what is forgotten is decided after each SEGMENT
    of them.
    """

    def __init__(self, delimiter: str) -> None:
        self._rows = self._missing = 0
        self._counts: Counter[str] = Counter()
        self._nones: Counter[str] = Counter()
        self._kind = Kind(commas=delimiter != ",")
        self._many = False
        self._forgets = self._long = 0  # how often values were forgotten; rows of long texts
        self._frozen: frozenset[str] | None = None  # what alone is still counted
        # Some counts of the first rows, where these hold too many different numbers to count and nothing else: from
        # then on only the range of numbers is looked at, and only what is none is counted.
        self._settled: Counter[str] | None = None

    def look_at(self, cells: Cells) -> None:
        """Lets Arrow's cells do beforehand, in another thread, what `add` will most likely ask of them."""
        if self._frozen is not None:
            pass
        elif self._settled is not None:
            cells.plain_numbers()
        elif not self._many:
            cells.few(DISTINCT_KEPT)

    def add(self, cells: Cells) -> None:
        if self._add_whole(cells):
            return
        start = 0
        while start < len(cells):
            stop = min(len(cells), start + SEGMENT - self._rows % SEGMENT)
            self._add_part(cells.part(start, stop))
            start = stop

    def _add_whole(self, cells: Cells) -> bool:
        """Does at once what comes to the same as segment by segment; whether it does."""
        if self._frozen is not None:
            self._merge(cells.counted_of(self._frozen), len(cells))
            return True
        if self._settled is not None:
            return self._kind.unique is None and self._add_numbers(cells)
        if self._many:
            return False
        seen = cells.few(DISTINCT_KEPT - len(self._counts))
        if seen is None or any(len(text) > LONGEST_CATEGORY for text in seen):
            return False
        self._merge(seen, len(cells))
        return True

    def _add_part(self, cells: Cells) -> None:
        """Rows of one segment."""
        if self._frozen is not None:
            self._merge(cells.counted_of(self._frozen), len(cells))
        elif self._settled is None or not self._add_numbers(cells):
            self._merge(cells.counted(), len(cells))
        if self._rows % SEGMENT == 0:
            self._forget()

    def _add_numbers(self, cells: Cells) -> bool:
        found = cells.plain_numbers()
        if found is None:
            return False
        self._rows += len(cells)
        self._missing += len(cells) - found.rows
        self._kind.add_numbers(found)
        return True

    def _merge(self, seen: dict[str, int], rows: int) -> None:
        seen = dict(seen)
        self._rows += rows
        for text in MISSING.intersection(seen):
            missing = seen.pop(text)
            self._missing += missing
            if text in NONE:
                self._nones[text] += missing
        if long := {text: rows for text, rows in seen.items() if len(text) > LONGEST_CATEGORY}:
            self._many = True
            self._long += sum(long.values())
            for text, count in long.items():
                self._kind.judge({text: count})  # alone: what else came with it is chance
            seen = {text: rows for text, rows in seen.items() if text not in long}
        if self._settled is not None:
            numbers = {text: rows for text, rows in seen.items() if is_number(text)}
            self._kind.judge(numbers)
            seen = {text: rows for text, rows in seen.items() if text not in numbers}
        self._counts.update(seen)

    def _forget(self) -> None:
        """Lets go of the rarest values where there are too many; of all where they are numbers."""
        if len(self._kind.words) > DISTINCT_KEPT:
            self._kind.words = _most_common(self._kind.words, DISTINCT_KEPT // 2)
        if self._long >= SEGMENTS_OF_TEXTS * SEGMENT:
            self._freeze()
        if len(self._counts) <= DISTINCT_KEPT:
            return
        if not self._many and numbers_of(list(self._counts)) is not None:
            self._settle(self._counts)
        else:
            kept = _most_common(self._counts, DISTINCT_KEPT // 2)
            self._kind.judge(_some({text: rows for text, rows in self._counts.items() if text not in kept}))
            self._counts = kept
            self._forgets += 1
            if self._forgets >= SEGMENTS_OF_TEXTS:
                self._freeze()
        self._many = True

    def _freeze(self) -> None:
        if self._settled is None and self._frozen is None:
            self._frozen = MISSING.union(self._counts)

    def merge(self, other: "Tally") -> None:
        """Takes in what was counted of rows that come after; `other` is used up.

        As if all rows had come to this one, but for a column of more values than are kept, of which other rare ones
        may be forgotten.
        """
        self._rows += other._rows
        self._missing += other._missing
        self._nones.update(other._nones)
        self._many = self._many or other._many
        for settled, tally in ((self._settled, other), (other._settled, self)):
            if settled is not None and tally._settled is None:
                tally._settle(Counter({text: rows for text, rows in tally._counts.items() if is_number(text)}))
        if self._settled is not None and other._settled is not None:
            self._settled.update(other._settled)
        self._counts.update(other._counts)
        self._kind.merge(other._kind)
        if len(self._counts) > DISTINCT_KEPT:
            self._forget()

    def _settle(self, numbers: "Counter[str]") -> None:
        """From now on counts only what is no number; `numbers` are all that were counted so far."""
        self._kind.judge(numbers)
        self._settled = _most_common(numbers, DISTINCT_KEPT // 2)
        self._counts = Counter({text: rows for text, rows in self._counts.items() if text not in numbers})

    def column(self, name: str) -> Column:
        """Ends the counting."""
        self._forget()
        self._kind.judge(self._counts)
        kind, odd = self._kind.of()
        share = (self._rows - self._missing) / max(self._kind.judged, 1)  # more than 1 where not all were judged
        style = kind if kind in DATE_STYLES else ""
        return Column(
            name=name,
            kind="date" if style else kind,
            style=style,
            rows=self._rows,
            missing=self._missing,
            counts=dict(((self._settled or Counter()) + self._counts).most_common()),
            nones=dict(self._nones),
            words={word: round(rows * share) for word, rows in self._kind.words.most_common(WORDS_KEPT)}
            if kind == "text"
            else {},
            many=self._many,
            integers=kind == "number" and self._kind.integers,
            row_number=not self._missing and self._kind.is_row_number(self._rows),
            daytime=self._kind.daytime,
            odd=odd,
        )


def _most_common(counts: "Counter[str]", most: int) -> "Counter[str]":
    return Counter(dict(counts.most_common(most)))


def _some(texts: dict[str, int]) -> dict[str, int]:
    """Each n-th for n of them, about JUDGED in all."""
    step = len(texts) // JUDGED + 1
    return {text: step * rows for text, rows in islice(texts.items(), None, None, step)}
