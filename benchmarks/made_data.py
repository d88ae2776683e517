"""The files that ways of training and scoring are compared on: made with a seed, fast, and kept for the next time.

They lie in TRAINDROP_BENCHMARKS, by default a folder for temporary files. A file of other rows has another seed: none
has rows of another one.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from benchmarks.byte_rows import Cells, Decimals, Table, digits, joined, lines

TARGET = "outcome"
_BLOCK_ROWS = 50_000
_GAPS = 0.08  # of the numbers are missing
_KINDS = (3, 5, 8, 12, 30, 60)  # values of each category
_DAYS = 2_000
_SURNAMES = 4_000
# Changes with what the files hold, so that none of before is taken for one of now.
_VERSION = 1

Columns = dict[str, Cells]
Rows = Callable[[np.random.Generator, int, int], Columns]


@dataclass(frozen=True)
class Made:
    """Files of a kind: the column names by `rows(rng, count, first)`, the number of the first row."""

    name: str
    rows: Rows


def folder() -> Path:
    return Path(os.environ.get("TRAINDROP_BENCHMARKS", Path(tempfile.gettempdir()) / "traindrop-benchmarks"))


def made(kind: Made, rows: int, *, seed: int = 0) -> Path:
    """The CSV of so many rows, with a header; from the folder where it is there."""
    file = folder() / f"{kind.name}-{rows}-{seed}-v{_VERSION}.csv"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(f".partial-{os.getpid()}")
        with partial.open("wb") as out:
            out.writelines(_blocks(kind, rows, seed))
        partial.replace(file)
    return file


def headerless(kind: Made, rows: int, share: float, *, seed: int = 0) -> tuple[Path, Path]:
    """The same rows without the header, in two files: the first so many, and the others."""
    whole, first = made(kind, rows, seed=seed), round(rows * share)
    parts = (whole.with_suffix(f".first{first}.csv"), whole.with_suffix(f".after{first}.csv"))
    if not all(part.is_file() for part in parts):
        partials = [part.with_suffix(f".partial-{os.getpid()}") for part in parts]
        with whole.open("rb") as source, partials[0].open("wb") as one, partials[1].open("wb") as other:
            source.readline()
            for number, line in enumerate(source):
                (one if number < first else other).write(line)
        for part, partial in zip(parts, partials, strict=True):
            partial.replace(part)
    return parts


def _blocks(kind: Made, rows: int, seed: int) -> Iterator[bytes]:
    rng = np.random.default_rng([seed, rows])
    for first in range(0, rows, _BLOCK_ROWS):
        columns = kind.rows(rng, min(_BLOCK_ROWS, rows - first), first)
        if first == 0:
            yield ",".join(columns).encode() + b"\n"
        yield lines(list(columns.values()))


def _mixed(rng: np.random.Generator, count: int, first: int) -> Columns:
    """32 columns: an id, a quoted name, 20 numbers with gaps, 6 categories, 2 whole numbers, a date, the target."""
    numbers = rng.normal(size=(count, 20))
    kinds = [rng.integers(0, size, size=count) for size in _KINDS]
    age, visits = rng.integers(18, 95, size=count), rng.poisson(3, size=count)
    day = rng.integers(0, _DAYS, size=count)
    gaps = rng.random(size=numbers.shape) < _GAPS
    signal = 0.8 * numbers[:, 0] + 0.7 * numbers[:, 1] * numbers[:, 2] + np.sin(2 * numbers[:, 3]) + 0.4 * visits
    signal += 0.5 * numbers[:, 4:10].sum(axis=1) / 2 + 0.03 * np.abs(age - 50) + 0.6 * (day % 365 < 120)
    signal += sum(weight * _effects(size)[kind] for weight, size, kind in zip(_WEIGHTS, _KINDS, kinds, strict=True))
    signal += 0.5 * gaps[:, 0]
    outcome = rng.random(count) < 1 / (1 + np.exp(-(signal - 3.2)))
    numbers[gaps] = np.nan
    decimals, ids = _decimals(), np.arange(first, first + count)
    surnames = rng.integers(0, _SURNAMES, size=(2, count))
    columns: Columns = {"id": joined(_text("c-", count), digits(ids, 8))}
    one, other = digits(surnames[0], 4), digits(surnames[1], 4)
    columns["name"] = joined(_text('"n', count), one, _text(', ""m', count), other, _text('"""', count))
    columns |= {f"number_{at}": decimals(numbers[:, at]) for at in range(20)}
    columns |= {f"kind_{at}": _kind_table(at)[kind] for at, kind in enumerate(kinds)}
    columns |= {"age": _WHOLE[age], "visits": _WHOLE[visits], "day": _DATES[day]}
    return columns | {TARGET: _ANSWERS[outcome.astype(np.int64)]}


_WEIGHTS = (0.3, 0.3, 0.4, 0.4, 0.5, 0.6)
_ANSWERS = Table(["no", "yes"])
_WHOLE = Table([str(number) for number in range(100)])
_DATES = Table([str(np.datetime64("2020-01-01") + day) for day in range(_DAYS)])


def _numeric(rng: np.random.Generator, count: int, _first: int) -> Columns:
    """29 columns: the label 0 or 1, and 28 numbers without a gap."""
    numbers = rng.normal(size=(count, 28))
    signal = numbers[:, 0] + numbers[:, 1] * numbers[:, 2] + np.sin(2 * numbers[:, 3]) + 0.5 * numbers[:, 4] ** 2
    signal += 0.3 * numbers[:, 5:12].sum(axis=1)
    outcome = rng.random(count) < 1 / (1 + np.exp(-(signal - 0.5)))
    decimals = _decimals()
    columns: Columns = {TARGET: _WHOLE[outcome.astype(np.int64)]}
    return columns | {f"number_{at}": decimals(numbers[:, at]) for at in range(28)}


MIXED, NUMERIC = Made("mixed", _mixed), Made("numeric", _numeric)
_cache: dict[str, Any] = {}


def _decimals() -> Decimals:
    found: Decimals = _kept("decimals", lambda: Decimals(4, 6))
    return found


def _kind_table(at: int) -> Table:
    found: Table = _kept(f"kinds {at}", lambda: Table([f"kind{at}-{number}" for number in range(_KINDS[at])]))
    return found


def _effects(size: int) -> npt.NDArray[np.float64]:
    """What each value of a category does, the same in every file."""
    found: npt.NDArray[np.float64] = _kept(f"effects {size}", lambda: np.random.default_rng(size).normal(size=size))
    return found


def _kept(name: str, make: Callable[[], Any]) -> Any:
    """Made once, and not at import."""
    if name not in _cache:
        _cache[name] = make()
    return _cache[name]


def _text(text: str, count: int) -> Cells:
    return np.full(count, text.encode(), dtype=f"S{len(text)}")
