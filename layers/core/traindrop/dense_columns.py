"""What makes a large file dense for XGBoost and its categories quick to split, learnt from the training rows.

One NaN makes XGBoost's binned matrix sparse: 4 bytes a value instead of 1, and a slower histogram. So a missing value
counts as a number, and as one inside of the column's range: one below or above all others cost an AUC of 0.001 to
0.008, for it takes the missing rows to the same side of every split, while from the middle two splits single them out.
Categories ordered by the target's mean are split as numbers are, at the same speed; for two classes and for values no
other grouping of them is better in one split (Fisher, On Grouping for Maximum Homogeneity, 1958). The measurements are
in docs/decisions.md.

It goes with the training scripts into the container: numpy and the standard library only, and Python 3.10-safe.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from traindrop.kept_rows import Array, Part
from traindrop.schema import Feature, Schema
from traindrop.smoothed_means import order_of, smoothed

# Training rows from which on any of this is done. With fewer, NaN, which XGBoost sends where each split's gain wants
# it, and native splits of categories make better models, and the time is nothing.
LARGE_ROWS = 20_000
ROWS_PER_CATEGORY = 30  # with fewer the order says more about these rows than about the next
_SAMPLE_ROWS = 20_000  # to find a column's middle by; its rank is then right to 0.4 %
_SAMPLE_VALUES = 16_000_000  # 64 MB, of wide tables


def densified(schema: Schema, training: Part, seed: int) -> Schema:
    """The schema in which no value of these rows is NaN, and with ordered categories where that is worth it.

    Of more than two classes there is no one mean to order by; the first principal component of their shares
    (Coppersmith, Hong, Hosking 1999) made worse models than native splits.
    """
    gaps = np.zeros(len(schema.columns), dtype=bool)
    for _, features in training.rows.blocks():
        gaps |= np.isnan(features).any(axis=0)
    tallies = _tallies(schema, training)
    sample = training.sample(min(_SAMPLE_ROWS, max(1, _SAMPLE_VALUES // len(gaps))), seed)
    values = np.concatenate([features for features, _ in sample.blocks()])
    columns = list(schema.columns)
    for place, column in enumerate(columns):
        if place in tallies:
            columns[place] = tallies[place].ordered(column, gaps=bool(gaps[place]))
        elif gaps[place] and column.kind == "category":
            columns[place] = replace(column, missing=float(len(column.categories) + column.other))
        elif gaps[place]:
            columns[place] = replace(column, missing=_middle(values[:, place]))
    return replace(schema, columns=tuple(columns))


def recoded(before: Schema, after: Schema) -> Callable[[Array], None]:
    """What turns features by `before` into what `after` makes of the same cells, in place."""
    gaps = np.array([np.nan if column.missing is None else column.missing for column in after.columns], np.float32)
    tables = {
        place: _table(old, new)
        for place, (old, new) in enumerate(zip(before.columns, after.columns, strict=True))
        if old.categories != new.categories
    }

    def change(features: Array) -> None:
        for place, table in tables.items():
            codes = features[:, place]
            known = ~np.isnan(codes)
            codes[known] = table[codes[known].astype(np.intp)]
        np.copyto(features, gaps, where=np.isnan(features))

    return change


def _table(old: Feature, new: Feature) -> Array:
    """The new code by the old one; what is "other" comes last in both."""
    codes = {category: code for code, category in enumerate(new.categories)}
    return np.array([*(codes[category] for category in old.categories), len(new.categories)], np.float32)


def _middle(values: Array) -> float:
    """Between the two values around the median, so that it is a value of its own. As float32 has it."""
    present = np.unique(values[~np.isnan(values)]).astype(np.float64)
    if len(present) < 2:
        return float(np.float32(present.sum() + 1))
    upper = max(1, min(np.searchsorted(present, np.nanmedian(values), side="right"), len(present) - 1))
    return float(np.float32((present[upper - 1] + present[upper]) / 2))


class _Tally:
    """Rows and the sum of the target of the training rows, by a category's code; the last one is that of NaN."""

    def __init__(self, column: Feature) -> None:
        self._codes = len(column.categories) + 1  # "other" has one
        self._rows = np.zeros(self._codes + 1)
        self._totals = np.zeros(self._codes + 1)

    def add(self, values: Array, labels: Array) -> None:
        codes = np.where(np.isnan(values), self._codes, values).astype(np.intp)
        self._rows += np.bincount(codes, minlength=self._codes + 1)
        self._totals += np.bincount(codes, labels, minlength=self._codes + 1)

    def ordered(self, column: Feature, *, gaps: bool) -> Feature:
        """`gaps`: a missing value gets the place among the categories that its rows' mean has."""
        rows, totals, known = self._rows.tolist(), self._totals.tolist(), len(column.categories)
        mean = sum(totals) / sum(rows)
        means = [smoothed(count, total, mean) for count, total in zip(rows, totals, strict=True)]
        order = order_of(rows[:known], totals[:known], mean)
        place = sum(means[code] < means[-1] for code in order) - 0.5
        names = tuple(column.categories[code] for code in order)
        return replace(column, categories=names, ordered=True, missing=place if gaps else None)


def _tallies(schema: Schema, training: Part) -> dict[int, _Tally]:
    """Of the columns whose categories are to be ordered, by their place."""
    most = len(training) / ROWS_PER_CATEGORY
    tallies = {
        place: _Tally(column)
        for place, column in enumerate(schema.columns)
        if schema.task != "multiclass" and column.kind == "category" and len(column.categories) <= most
    }
    for features, labels in training.blocks() if tallies else ():
        for place, tally in tallies.items():
            tally.add(features[:, place], labels)
    return tallies
