"""A run looked at as a careful colleague would: its files side by side, and what its numbers rest on."""

from collections.abc import Iterator, Sequence

from traindrop import column_doubts, file_differences, metric_doubts
from traindrop.column import Column
from traindrop.column_summary import MOST_COLUMNS, ColumnSummary, summary
from traindrop.csv_rows import DatasetError, named
from traindrop.doubts import Doubt, few_of_each_kind
from traindrop.file_look import FileLook, look_at
from traindrop.file_parts import Source, rows_of
from traindrop.fitting import features_of
from traindrop.plain_text import line
from traindrop.schema import Schema
from traindrop.shared_rows import same_rows


def doubts_about_files(
    train_file: Source, test_file: Source | None, schema: Schema
) -> tuple[tuple[Doubt, ...], tuple[ColumnSummary, ...]]:
    """What is doubtful about the files, and a summary of their columns.

    A file that cannot be read is a doubt of its own: nothing was looked at then.
    """
    try:
        train, test = _looks(train_file, test_file)
    except DatasetError as error:
        return (not_looked_at(str(error)),), ()
    columns = _used(train, schema)
    target = train.columns.get(schema.target)
    compared = [*columns, *([target] if target else [])]
    named = {feature.name for feature in schema.columns} | {schema.target}
    summaries = tuple(
        summary(column, train, test, used=column.name in named if schema.columns else None, compared=len(compared))
        for column in compared
    )
    found = few_of_each_kind(_doubts(columns, compared, summaries, train, test, schema))
    return tuple(found), summaries[:MOST_COLUMNS]


def _looks(train: Source, test: Source | None) -> tuple[FileLook, FileLook | None]:
    """Rows are digested over the columns that both files have. Raises DatasetError, which names the file."""
    with named(train.name):
        rows = rows_of(train)
    if test is None:
        with named(train.name):
            return look_at(rows, rows.header), None
    with named(test.name):
        others = rows_of(test)
        both = [name for name in rows.header if name in others.header]
        second = look_at(others, both)
    with named(train.name):
        return look_at(rows, both), second


def _used(train: FileLook, schema: Schema) -> list[Column]:
    """The columns that the model learns from; of a model that says nothing of it, all that a model can learn from."""
    named = {feature.name for feature in schema.columns}
    return [
        column
        for column in train.columns.values()
        if (column.name in named if named else column.name != schema.target and features_of(column))
    ]


def _doubts(
    columns: Sequence[Column],
    compared: Sequence[Column],
    summaries: Sequence[ColumnSummary],
    train: FileLook,
    test: FileLook | None,
    schema: Schema,
) -> Iterator[Doubt]:
    """The weightiest first."""
    yield from column_doubts.given_away(columns, train, schema)
    if test is not None and (same := same_rows(train, test)):
        yield same
    yield from column_doubts.id_like(columns, train)
    if (target := train.columns.get(schema.target)) and (lopsided := metric_doubts.one_class(target)):
        yield lopsided
    if test is not None:
        yield from file_differences.drifted(compared, summaries, train, test)
        yield from file_differences.unseen_categories(columns, train, test)
    yield from column_doubts.almost_empty(columns)


def not_looked_at(why: str) -> Doubt:
    """`why` may hold what stands in the file."""
    return Doubt(kind="not looked at", text=f"The columns were not looked at: {line(why, limit=500)}")
