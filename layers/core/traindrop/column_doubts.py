"""Doubts about single columns of the training file: one that gives the answer away, an id, an almost empty one."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from traindrop.column import Column
from traindrop.doubts import Doubt, shown
from traindrop.file_look import FileLook
from traindrop.id_like import why_id_like
from traindrop.schema import Schema
from traindrop.single_feature import power

_GIVEN_AWAY = 0.99
_ALMOST_EMPTY = 0.9


def given_away(columns: Sequence[Column], look: FileLook, schema: Schema) -> Iterator[Doubt]:
    """Columns that alone tell the target."""
    target = _target(look, schema)
    if target is None:
        return
    measure = {"binary": "AUC", "multiclass": "lowest AUC of a class"}.get(schema.task, "R squared")
    for column in columns:
        value = power(look, column, target, len(schema.classes))
        if value is not None and value >= _GIVEN_AWAY:
            yield Doubt(
                kind="given away",
                column=column.name,
                text=(
                    f"Column {shown(column.name)} alone tells {shown(schema.target)} ({measure} {value:.3f}): it may "
                    "be the answer in other words, or known only afterwards. If so, name it under drop: in "
                    "training.yaml."
                ),
                evidence={measure: value, "rows": len(target)},
            )


def id_like(columns: Sequence[Column], look: FileLook) -> Iterator[Doubt]:
    for column in columns:
        why = why_id_like(column, look)
        if why is not None:
            distinct = len(set(look.cells[column.name]))
            yield Doubt(
                kind="id",
                column=column.name,
                text=(
                    f"Column {shown(column.name)} looks like an id: {distinct:,} different values in "
                    f"{len(look.cells[column.name]):,} rows, and {why}. A model can learn rows by heart from it, and "
                    "new rows have new ones. Name it under drop: in training.yaml."
                ),
                evidence={"distinct": distinct, "rows": len(look.cells[column.name]), "why": why},
            )


def almost_empty(columns: Sequence[Column]) -> Iterator[Doubt]:
    for column in columns:
        filled = column.rows - column.missing
        if column.rows and column.missing / column.rows >= _ALMOST_EMPTY:
            yield Doubt(
                kind="almost empty",
                column=column.name,
                text=(
                    f"Column {shown(column.name)} is almost empty: {filled:,} of {column.rows:,} training rows have a "
                    "value. What is learnt from so few may be chance; fill it, or name it under drop:."
                ),
                evidence={"filled": filled, "rows": column.rows},
            )


def _target(look: FileLook, schema: Schema) -> npt.NDArray[np.float64] | None:
    cells = look.cells.get(schema.target)
    if not cells or schema.task not in ("binary", "multiclass", "regression"):
        return None
    return np.array(schema.encode_target([cell.strip() for cell in cells]))
