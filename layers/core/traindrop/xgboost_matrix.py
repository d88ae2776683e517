"""Rows for XGBoost, handed over some at a time: no whole copy of them is made beside its own binned one.

It goes with the training scripts into the container: Python 3.10-safe.
"""

from collections.abc import Callable, Iterator
from typing import Any

from traindrop.dataset import Schema
from traindrop.kept_rows import Array, Part
from traindrop.lean_xgboost import xgb
from traindrop.training_script import threads

# Rows that the bins are made by, and that a round is measured on, or all where there are fewer. A bin's edge is then
# right to a third of a bin, and an AUC to 0.003. To sketch all rows took half of the time of the matrix.
SAMPLED_ROWS = 100_000


class _Batches(xgb.DataIter):  # type: ignore[misc]
    """Walks through a part as often as XGBoost asks for it."""

    def __init__(self, part: Part, types: list[str]) -> None:
        self._part, self._types = part, types
        self._blocks: Iterator[tuple[Array, Array]] = iter(())
        super().__init__()

    def reset(self) -> None:
        self._blocks = self._part.blocks()

    def next(self, input_data: Callable[..., Any]) -> bool:
        for features, labels in self._blocks:
            input_data(data=features, label=labels, feature_types=self._types)
            return True
        return False


def matrix(part: Part, schema: Schema, max_bin: int, ref: xgb.DMatrix | None = None) -> xgb.DMatrix:
    """The part, binned as `ref` is, or by its own values."""
    batches = _Batches(part, schema.feature_types)
    return xgb.QuantileDMatrix(batches, ref=ref, max_bin=max_bin, nthread=threads(), enable_categorical=True)
