"""Rows of the test file that stand in the training file too: the model has seen the answer."""

from math import sqrt

import numpy as np

from traindrop.doubts import Doubt
from traindrop.file_look import FileLook

_LEAST_SHARE = 0.01  # of the test rows


def same_rows(train: FileLook, test: FileLook) -> Doubt | None:
    """A doubt where more test rows stand in the training file than data of this kind repeats by itself.

    Both are digested over the same columns. Of few and coarse columns rows come again by chance: as often as one
    training row equals another.
    """
    if not train.rows or not test.rows:
        return None
    known, counts = np.unique(train.digests, return_counts=True)
    found = int(np.isin(test.digests, known).sum())
    repeating = float(counts[counts > 1].sum() / train.rows)
    expected = repeating * test.rows
    # Of a training file that was looked at in part, as much larger a share is to be found in all of it.
    if (found - expected) / test.rows < _LEAST_SHARE * train.share or found - expected < 3 * sqrt(expected):
        return None
    seen = "" if train.share == 1 else f", of which {train.share:.0%} was looked at"
    of = "" if test.share == 1 else " that were looked at"
    return Doubt(
        kind="same rows",
        text=(
            f"{found:,} of the {test.rows:,} test rows{of} stand in the training file too{seen}: on them the model is "
            "asked what it was told, so the metrics promise too much. Take these rows out of one of the two files."
        ),
        evidence={
            "rows": found,
            "test_rows": test.rows,
            "repeated_within_training": repeating,
            "training_share_looked_at": train.share,
        },
    )
