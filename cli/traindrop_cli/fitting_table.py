"""A table that fits the terminal: what has no room is left out, and a run's name stays whole, to be copied."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

_GAP = 2
# A column that is wider than this is cut or folded rather than left out.
_ENOUGH = 20


def fitting_table(columns: Mapping[str, Sequence[Text]], width: int, *, whole: str, spare: Sequence[str]) -> Table:
    """`columns`: the cells by title; of `spare` the first is left out first, that of `whole` is not wrapped."""
    shown = dict(columns)
    for title in spare:
        if _needed(shown, whole) <= width:
            break
        del shown[title]
    table = Table(box=None, pad_edge=False)
    for title in shown:
        # Where the terminal is narrower than a name, it is folded: cut, it would be of no use.
        fits = title == whole and _widest(title, shown[title]) <= width
        table.add_column(title, overflow="fold", no_wrap=fits)
    for row in zip(*shown.values(), strict=True):
        table.add_row(*row)
    return table


def _needed(columns: Mapping[str, Sequence[Text]], whole: str) -> int:
    widths = (_widest(title, cells) for title, cells in columns.items())
    return sum(
        (width if title == whole else min(width, _ENOUGH)) + _GAP for title, width in zip(columns, widths, strict=True)
    )


def _widest(title: str, cells: Sequence[Text]) -> int:
    return max(cell_len(title), *(cell_len(cell.plain) for cell in cells)) if cells else cell_len(title)
