"""Each column in the training and in the test file: how full, which values, and how far apart the two are."""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from traindrop.column import Column
from traindrop.drift import (
    kolmogorov_smirnov,
    kolmogorov_smirnov_limit,
    total_variation,
    total_variation_limit,
)
from traindrop.file_look import FileLook
from traindrop.fitting import LEAST_CATEGORY_ROWS

MOST_COLUMNS = 200  # in evaluation.json
_QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
_TOP = 10
_COMPARED = 100  # categories by name; all others together
# That a column of two samples of one distribution is called different, over all columns together.
_CHANCE = 0.01


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnInFile(_Model):
    """A column in one file. `rows` were looked at; `missing` is a share of them.

    Of numbers (a date is its days since 1970): mean, standard deviation, and quantiles at 0, 5, 25, 50, 75, 95 and
    100 %. Of texts: `top`, those that come at least five times (a rare one may be a name), with their rows.
    """

    rows: int
    missing: float
    distinct: int
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float, ...] = ()
    top: tuple[tuple[str, int], ...] = ()


class ColumnSummary(_Model):
    """One column of both files. `used`: the model learns from it; None where that is not known.

    `drift`: Kolmogorov-Smirnov's distance of numbers, the total variation of texts, 0 to 1; None where one of the
    files has none. Chance seldom brings it above `drift_limit`, which counts in both files' rows.
    """

    name: str
    kind: Literal["number", "date", "text", "empty"]
    used: bool | None = None
    train: ColumnInFile | None = None
    test: ColumnInFile | None = None
    drift: float | None = None
    drift_limit: float | None = None


def summary(
    column: Column, train: FileLook, test: FileLook | None, *, used: bool | None, compared: int
) -> ColumnSummary:
    """Of `column`, as the training file has it. `compared`: columns that chance has its turn with."""
    there = test if test is not None and column.name in test.columns else None
    drift, limit = _drift(column, train, there, _CHANCE / max(compared, 1)) if there else (None, None)
    return ColumnSummary(
        name=column.name,
        kind="number" if column.numeric else column.kind,
        used=used,
        train=_in_file(column, train),
        test=_in_file(column, there) if there else None,
        drift=drift,
        drift_limit=limit,
    )


def _in_file(column: Column, look: FileLook) -> ColumnInFile:
    here = look.columns[column.name]
    facts = {"rows": here.rows, "missing": here.missing / max(here.rows, 1), "distinct": here.distinct}
    if column.kind in ("text", "empty"):
        top = [(text, rows) for text, rows in here.counts.items() if rows >= LEAST_CATEGORY_ROWS][:_TOP]
        return ColumnInFile(**facts, top=tuple(top))
    values = look.numbers(column)
    present = values[~np.isnan(values)]
    if not len(present):
        return ColumnInFile(**facts)
    quantiles = np.quantile(present, _QUANTILES).tolist()
    return ColumnInFile(**facts, mean=float(present.mean()), std=float(present.std()), quantiles=tuple(quantiles))


def _drift(column: Column, train: FileLook, test: FileLook, chance: float) -> tuple[float | None, float | None]:
    if column.kind in ("text", "empty"):
        counts = category_counts(column, train), category_counts(column, test)
        return (total_variation(*counts), total_variation_limit(*counts, chance)) if test.rows else (None, None)
    first, second = (values[~np.isnan(values)] for values in (train.numbers(column), test.numbers(column)))
    if not len(first) or not len(second):
        return None, None
    return kolmogorov_smirnov(first, second), kolmogorov_smirnov_limit(len(first), len(second), chance)


def category_counts(column: Column, look: FileLook) -> list[int]:
    """Rows of each category that the training file often has, of all other texts, and of none."""
    here = look.columns[column.name]
    often = [text for text, rows in column.counts.items() if rows >= LEAST_CATEGORY_ROWS][:_COMPARED]
    counts = [here.counts.get(text, 0) for text in often]
    return [*counts, here.rows - here.missing - sum(counts), here.missing]
