"""Two models' predictions for one test file: whether they answer the same question, and how far apart they are."""

from collections.abc import Callable

import numpy as np

from traindrop import pairing
from traindrop.evaluation import Rows
from traindrop.pairing import Pair
from traindrop.run import Run

# What another run's model predicts for the test file, None where it is gone; the flag: it is the file that the run
# was scored on itself.
RowsOf = Callable[[Run, bool], Rows | None]


def why_not(rows: Rows, theirs: Rows) -> str | None:
    """Why two models do not answer the same question; None where they do."""
    mine, other = rows.schema, theirs.schema
    for what, one, two in (
        ("target", mine.target, other.target),
        ("task", mine.task, other.task),
        ("set of classes", ", ".join(mine.classes)[:200], ", ".join(other.classes)[:200]),
    ):
        if one != two:
            return f"another {what}, {two!r}; of this run {one!r}."
    if mine.classes != other.classes:
        return "another set of classes."
    if not np.array_equal(rows.truth, theirs.truth, equal_nan=True):
        return "other true values, read in the same test file."
    return None


def pair_of(metric: str, rows: Rows, theirs: Rows) -> Pair | None:
    """As `pairing.compare`, on the rows that have a label; of models that answer the same question."""
    known = ~np.isnan(rows.truth)
    task = rows.schema.task
    truth = rows.truth[known].astype(np.float64 if task == "regression" else np.int64)
    return pairing.compare(metric, truth, rows.predictions[known], theirs.predictions[known], task=task)
