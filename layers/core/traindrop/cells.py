"""What the text of a cell means: missing, a number, a date. One answer for check, training and scoring.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import math
import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

NAN = math.nan
# What pandas takes for missing (pandas.read_csv, na_values), "?" of the UCI archive, and a lone dash.
NONE = frozenset({"none", "None", "NONE"})
MISSING = NONE | frozenset(
    [
        "",
        "NA",
        "na",
        "N/A",
        "n/a",
        "NaN",
        "nan",
        "Nan",
        "NAN",
        "-nan",
        "-NaN",
        "null",
        "NULL",
        "Null",
        "nil",
        "<NA>",
        "#N/A",
        "#NA",
        "#N/A N/A",
        "#VALUE!",
        "#DIV/0!",
        "?",
        "-",
        "--",
    ]
)
# XGBoost refuses infinity, and its sketch adds a feature's largest value to itself: stay below half of
# float32.
LARGEST = 1e38

_DECIMAL_COMMA = re.compile(r"[+-]?\d+(?:,\d+)?(?:[eE][+-]?\d+)?")
_TIME = r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?"
_MONTH = r"(\d{1,2}|[A-Za-z]{3,9})"
_STYLES = {
    # 2024-01-31, 2024/1/31, 2024-01; then the day first: 31.01.2024, 31 Jan 2024; then the month: Jan 31,
    # 2024.
    "ymd": (re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})(?:\2(\d{{1,2}}))?{_TIME}"), (1, 3, 4)),
    "dmy": (re.compile(rf"(\d{{1,2}})[-/. ]{_MONTH}[-/. ](\d{{4}}){_TIME}"), (3, 2, 1)),
    "mdy": (re.compile(rf"{_MONTH}[-/. ](\d{{1,2}})(?:[-/]|,? )(\d{{4}}){_TIME}"), (3, 1, 2)),
}
DATE_STYLES = tuple(_STYLES)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = datetime(1970, 1, 1)


# A word is letters only, two at least, in any case.
_WORD = re.compile(r"[^\W\d_]{2,}")


def words(text: str) -> set[str]:
    """The different words of a text, in lower case."""
    return set(_WORD.findall(text.lower()))


def word_numbers(cells: Iterable[str], word: str) -> "array[float]":
    """1 where the cell has the word, 0 where it has not, NaN where it is missing."""
    has_word = re.compile(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])").search
    return array("f", [NAN if cell in MISSING else float(has_word(cell.lower()) is not None) for cell in cells])


def number(text: str, *, decimal_comma: bool = False) -> float:
    """The number a cell spells, between -1e38 and 1e38 (infinity and `1e400` are cut off there); NaN for any
    spelling of missing and for what is no number."""
    if decimal_comma and _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return NAN
    return value if value != value else min(max(value, -LARGEST), LARGEST)


def numbers(cells: Sequence[str], missing: float = NAN) -> "array[float]":
    """`number` of many cells, as float32, with `missing` in the place of NaN."""
    if (values := _clean_numbers(cells)) is not None:
        return values
    # A column with gaps, all else clean: twice as fast as `number` of each cell.
    gaps = [row for row, cell in enumerate(cells) if cell in MISSING]
    filled = list(cells)
    for row in gaps:
        filled[row] = "0"
    values = _clean_numbers(filled)
    if values is None:
        values = array("f", map(number, cells))
        gaps = [row for row, value in enumerate(values) if value != value]
    for row in gaps:
        values[row] = missing
    return values


def _clean_numbers(cells: Sequence[str]) -> "array[float] | None":
    """None where a cell is no number between -1e38 and 1e38."""
    try:
        values = array("f", map(float, cells))
    except ValueError:
        return None
    clean = not values or (math.isfinite(sum(values)) and min(values) >= -LARGEST and max(values) <= LARGEST)
    return values if clean else None


def is_number(text: str, *, decimal_comma: bool = False) -> bool:
    """Whether a cell that is not missing spells a number. Python's own `1_000` does not count."""
    value = number(text, decimal_comma=decimal_comma)
    return value == value and "_" not in text


# A file has few different days, and each is asked for again in every chunk, for each part of it: some 10 MB of both
# caches, where every cell is another moment.
@lru_cache(2**14)
def parse_date(text: str, style: str) -> datetime | None:
    """A date, with its time if there is one, in UTC and without a time zone; None for what is no date.

    `style` is one of DATE_STYLES: the order of year, month and day. Own patterns, because what
    datetime.fromisoformat accepts differs between Python 3.10 and 3.11.
    """
    pattern, order = _STYLES[style]
    found = pattern.fullmatch(text)
    if not found:
        return None
    year, month, day = (found[group] for group in order)
    if not month.isdigit():
        month = str(_MONTHS.index(month[:3].lower()) + 1) if month[:3].lower() in _MONTHS else "0"
    hour, minute, second, zone = found.groups()[-4:]
    try:
        when = datetime(int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
        return when - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in ("Z", "UTC"):
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -offset if zone[0] == "-" else offset


def days_since_epoch(when: datetime) -> float:
    """Days, with their fraction, since 1 January 1970."""
    return (when - _EPOCH) / timedelta(days=1)


# What a tree can split a date by.
DATE_PARTS: dict[str, Callable[[datetime], float]] = {
    "date": days_since_epoch,
    "month": lambda when: when.month,
    "weekday": lambda when: when.weekday(),
    "hour": lambda when: when.hour,
}


def date_numbers(cells: Sequence[str], style: str, part: str) -> "array[float]":
    """One number per cell, NaN where it is no date; `part` is a key of DATE_PARTS."""
    known = {cell: _date_number(cell, style, part) for cell in set(cells)}
    return array("f", [known[cell] for cell in cells])


@lru_cache(2**15)
def _date_number(text: str, style: str, part: str) -> float:
    when = parse_date(text, style)
    return NAN if when is None else DATE_PARTS[part](when)
