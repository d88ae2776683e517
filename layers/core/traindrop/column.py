"""What one column of a CSV holds.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from dataclasses import dataclass


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
