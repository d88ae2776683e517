"""The held-out test file, read for scoring: true values, predictions for the same rows, and what was skipped."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from traindrop.cells import MISSING
from traindrop.csv_rows import open_table
from traindrop.dataset import Batch, DatasetError, Schema, read
from traindrop.errors import EvaluationFailed
from traindrop.predictions import Predict, Predictions, predicted

Reader = Callable[[Path, Schema], Iterator[Batch]]

_SHOWN = 5
# What fits the evaluator's memory (1,769 MB): some 100 bytes for each row, 20 for each value predicted.
MOST_ROWS = 8_000_000
# What is read and scored within its five minutes.
MOST_BYTES = 1024**3
MOST_VALUES = 40_000_000
_REMEMBERED = 1000  # different unknown labels; a column of prose would fill the memory


@dataclass(frozen=True)
class HeldOut:
    """The rows of a test file. `truth`: the value or the class number of each, NaN where it has none.

    `predictions` are None where they were not made on the way. `unseen` rows have a label that training
    never saw (or, for regression, that is no number), of which `unseen_labels` shows the most frequent.
    """

    truth: npt.NDArray[np.float64]
    predictions: Predictions | None
    missing: int
    unseen: int
    unseen_labels: tuple[str, ...]


def read_held_out(
    path: Path,
    schema: Schema,
    predict: Predict | None,
    *,
    file: str,
    reader: Reader = read,
    look: Callable[[Batch], None] | None = None,
) -> HeldOut:
    """Read a test file a batch at a time with `reader`, and predict each batch with `predict`, in threads. `look` is
    given each batch, in the file's order.

    Raises `EvaluationFailed`, naming the file `file`, where it cannot be read, lacks a column or has no
    row with a label that training saw.
    """
    try:
        batches = reader(path, schema)
        each = predicted(batches, predict) if predict else ((batch, None) for batch in batches)
        found = _read(each, look, schema, file)
    except DatasetError as error:
        raise EvaluationFailed(f"{file}: {error}") from error
    if found.missing + found.unseen == len(found.truth):
        raise EvaluationFailed(f"{file}: {_no_label(found, schema)}")
    return found


def lacks_target(path: Path, schema: Schema) -> bool:
    """Whether the file has a header without the target: then its rows can be predicted and not be scored.

    A file that cannot be read lacks nothing: it is refused where it is read.
    """
    try:
        with path.open("rb") as stream:
            return schema.target not in open_table(stream).header
    except DatasetError:
        return False


def check_test_size(size: int, file: str) -> None:
    """Raises `EvaluationFailed` for a file of more bytes than the evaluator reads in its time."""
    if size > MOST_BYTES:
        raise EvaluationFailed(
            f"{file}: it has {size / 1e9:,.1f} GB, and up to {MOST_BYTES / 1e9:,.1f} GB are scored. Drop a test file "
            "of fewer rows, drawn by chance; so many tell no metric more exactly."
        )


def check_fits(rows: int, schema: Schema, file: str) -> None:
    """Raises `EvaluationFailed` for more rows than fit the evaluator's memory."""
    most = min(MOST_ROWS, MOST_VALUES // max(len(schema.classes), 1))
    if rows > most:
        classes = f" of {len(schema.classes)} classes" if schema.classes else ""
        raise EvaluationFailed(
            f"{file}: it has more than {most:,} rows, the most{classes} that are scored at once. Drop a test file of "
            "fewer rows, drawn by chance; so many tell no metric more exactly."
        )


def _read(
    batches: Iterator[tuple[Batch, Predictions | None]], look: Callable[[Batch], None] | None, schema: Schema, file: str
) -> HeldOut:
    truth: list[npt.NDArray[np.float64]] = []
    predictions: list[Predictions] = []
    unknown: Counter[str] = Counter()
    rows = missing = unseen = 0
    for batch, found in batches:
        rows += batch.rows
        check_fits(rows, schema, file)
        if look:
            look(batch)
        if batch.labels is None:
            raise DatasetError(
                f"there is no column {schema.target!r}, the target, so there is nothing to compare the "
                "predictions with. Add the column with the true values."
            )
        values = np.frombuffer(batch.labels, dtype=np.float64)
        labels = batch.unlabelled()
        odd = [label for label in labels if label not in MISSING]
        missing, unseen = missing + len(labels) - len(odd), unseen + len(odd)
        unknown.update(label for label in odd if label in unknown or len(unknown) < _REMEMBERED)
        truth.append(values)
        if found is not None:
            predictions.append(found)
    if not truth:
        raise DatasetError("the file has a header and no rows. Add rows that training does not see.")
    shown = tuple(label[:100] for label, _ in unknown.most_common(_SHOWN))
    made = np.concatenate(predictions) if predictions else None
    return HeldOut(np.concatenate(truth), made, missing, unseen, shown)


def _no_label(found: HeldOut, schema: Schema) -> str:
    if not found.unseen:
        return f"column {schema.target!r} is empty in all {len(found.truth)} rows. Add the true values."
    labels = ", ".join(repr(label[:40]) for label in found.unseen_labels)
    known = ", ".join(map(repr, schema.classes[:20])) or "numbers"
    return (
        f"column {schema.target!r} holds {labels} and no label that training saw; expected {known}. "
        "Spell the labels as in the training file."
    )
