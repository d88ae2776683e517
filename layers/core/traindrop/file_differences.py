"""Doubts about what differs between the training file and the test file."""

from collections.abc import Iterator, Sequence
from math import sqrt

from traindrop.column import Column
from traindrop.column_summary import ColumnSummary
from traindrop.doubts import Doubt, shown
from traindrop.drift import total_variation, total_variation_limit
from traindrop.file_look import FileLook

_LEAST_DRIFT = 0.1  # a smaller one may be certain, and is of no weight
_LEAST_UNSEEN = 0.01  # of the test rows
_LEAST_UNSEEN_ROWS = 3
_SHOWN = 5
_CHANCE = 0.001  # that shares of missing cells which do not differ are called different


def drifted(
    columns: Sequence[Column], summaries: Sequence[ColumnSummary], train: FileLook, test: FileLook
) -> Iterator[Doubt]:
    """Columns whose values, or share of missing ones, differ by more than chance makes of so many rows."""
    of_missing = {
        column.name: _missing(column, test.columns[column.name]) for column in columns if column.name in test.columns
    }
    for each in summaries:
        values = each.drift if each.drift is not None and each.drift > (each.drift_limit or 0) else 0.0
        missing = of_missing.get(each.name, 0.0)
        if each.used is False or max(values, missing) < _LEAST_DRIFT or each.train is None or each.test is None:
            continue
        measure = "Kolmogorov-Smirnov distance" if each.kind in ("number", "date") else "total variation"
        what = f"{measure} {values:.2f}" if values >= missing else "missing"
        yield Doubt(
            kind="drift",
            column=each.name,
            text=(
                f"Column {shown(each.name)} differs between training and test rows ({what}; {_typical(each)}), more "
                "than chance makes of so many rows: the metrics are of other data than was learnt from. Draw both "
                "from the same source and time, or take them as they are for what they say."
            ),
            evidence={
                "drift": each.drift or 0.0,
                "limit": each.drift_limit or 0.0,
                "missing_train": each.train.missing,
                "missing_test": each.test.missing,
                "train_rows": train.rows,
                "test_rows": test.rows,
            },
        )


def unseen_categories(columns: Sequence[Column], train: FileLook, test: FileLook) -> Iterator[Doubt]:
    """Texts of the test rows that no training row has, where that is more than a rare text's being rare.

    Of texts that hardly repeat new ones always come: their share is about that of the training rows whose text comes
    once (I. J. Good, 1953, The population frequencies of species, Biometrika 40:237-264).
    """
    for column in columns:
        here = test.columns.get(column.name)
        if column.kind != "text" or here is None or column.many or here.many:
            continue
        unseen = {text: rows for text, rows in here.counts.items() if text not in column.counts}
        rows, filled = sum(unseen.values()), max(here.rows - here.missing, 1)
        once = sum(rows == 1 for rows in column.counts.values()) / max(column.rows - column.missing, 1)
        expected = once * filled
        least = max(_LEAST_UNSEEN * filled, _LEAST_UNSEEN_ROWS, 3 * sqrt(expected))
        if rows - expected >= least:
            names = ", ".join(map(shown, list(unseen)[:_SHOWN]))
            yield Doubt(
                kind="unseen categories",
                column=column.name,
                text=(
                    f"Column {shown(column.name)} has values in {rows:,} of {here.rows:,} test rows that no training "
                    f"row has: {names}. The model knows nothing of them; spell them as in training, or train with "
                    "such rows."
                ),
                evidence={"rows": rows, "categories": len(unseen), "expected_rows": expected, "train_rows": train.rows},
            )


def _missing(train: Column, test: Column) -> float:
    """By how much the shares of missing cells differ; 0 where chance may have made it."""
    counts = ([train.missing, train.rows - train.missing], [test.missing, test.rows - test.missing])
    if not train.rows or not test.rows:
        return 0.0
    found = total_variation(*counts)
    return found if found > total_variation_limit(*counts, _CHANCE) else 0.0


def _typical(each: ColumnSummary) -> str:
    """What a person recognises: the medians, the most frequent texts, or the shares of missing cells."""
    if each.train is None or each.test is None:
        return ""
    if each.train.quantiles and each.test.quantiles and each.kind == "number":
        middle = len(each.train.quantiles) // 2
        return f"median {each.train.quantiles[middle]:g} and {each.test.quantiles[middle]:g}"
    return f"missing {each.train.missing:.0%} and {each.test.missing:.0%}"
