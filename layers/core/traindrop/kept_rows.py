"""The labelled rows of a training file, read once and walked as often as wanted: in memory while they are few, else in
a scratch file.

It goes with the training scripts into the container: numpy and the standard library only, and Python 3.10-safe.
"""

import os
import shutil
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from traindrop.csv_rows import Readable
from traindrop.dataset import Batch, Schema, read

Array = npt.NDArray[Any]

HELD_BYTES = 64 * 2**20  # of features in memory at the most, where the disk has the room for the rest
DISK_RESERVE = 256 * 2**20  # left free on the disk: for the model, the predictions and their archives
BLOCK_BYTES = 2 * 2**20  # of features walked at a time: they stay in the processor's cache


class KeptRows:
    """Features, float32, `width` a row, and labels, float32 as XGBoost takes them, one a row, in the file's order."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._labels: list[Array] = [np.empty(0, np.float32)]
        self._held: list[Array] = []
        self._scratch: IO[bytes] | None = None
        self._written = 0  # rows in the scratch file

    @property
    def labels(self) -> Array:
        self._labels = [np.concatenate(self._labels)] if len(self._labels) > 1 else self._labels
        return self._labels[0]

    def add(self, features: Array, labels: Array) -> None:
        """Rows to follow those that are there."""
        if not len(labels):
            return
        self._labels.append(labels.astype(np.float32))
        self._held.append(np.require(features, np.float32, ("C", "W")))
        size = sum(block.nbytes for block in self._held)
        if size > HELD_BYTES and shutil.disk_usage(_folder()).free > size + DISK_RESERVE:
            self._write()

    def _write(self) -> None:
        # Without a name, so that nothing is left of it whatever ends the process.
        if self._scratch is None:
            self._scratch = tempfile.TemporaryFile(dir=_folder())  # noqa: SIM115 - it lives as long as the rows
            weakref.finalize(self, self._scratch.close)
        self._scratch.seek(0, os.SEEK_END)
        for block in self._held:
            self._scratch.write(block.data.cast("B"))
            self._written += len(block)
        self._held.clear()

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        """Some rows after the other: which they are, and their features, to be used before the next are asked for.

        The scratch file is read, not mapped: mapped pages count as memory of the process.
        """
        many = max(1, BLOCK_BYTES // (4 * self.width))
        if self._scratch:
            yield from self._read(self._scratch, many)
        first = self._written
        for held in self._held:
            for start in range(0, len(held), many):
                block = held[start : start + many]
                yield slice(first + start, first + start + len(block)), block
            first += len(held)

    def _read(self, scratch: IO[bytes], many: int) -> Iterator[tuple[slice, Array]]:
        buffer = np.empty((many, self.width), np.float32)
        for start in range(0, self._written, many):
            block = buffer[: self._written - start]
            scratch.seek(4 * self.width * start)
            scratch.readinto(block.data.cast("B"))  # type: ignore[attr-defined]  # not in typeshed's IO
            yield slice(start, start + len(block)), block

    def change(self, change: Callable[[Array], None]) -> None:
        """Let `change` write into each block of features."""
        for where, block in self.blocks():
            change(block)
            if self._scratch and where.stop <= self._written:
                self._scratch.seek(4 * self.width * where.start)
                self._scratch.write(block.data.cast("B"))


@dataclass(frozen=True)
class Part:
    """Some of the rows, such as those to train on; `chosen` has a truth value for each."""

    rows: KeptRows
    chosen: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return int(np.count_nonzero(self.chosen))

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), self.rows.width

    @property
    def labels(self) -> Array:
        return self.rows.labels[self.chosen]

    def blocks(self) -> Iterator[tuple[Array, Array]]:
        """Features and labels, some rows after the other, to be used before the next are asked for."""
        for where, features in self.rows.blocks():
            chosen, labels = self.chosen[where], self.rows.labels[where]
            if chosen.all():
                yield features, labels
            elif chosen.any():
                yield features[chosen], labels[chosen]

    def every(self, step: int, first: int) -> "Part":
        """Each `step`-th of the rows, beginning with number `first`."""
        return self._of(np.flatnonzero(self.chosen)[first::step])

    def sample(self, most: int, seed: int) -> "Part":
        """All of them, or `most`, each with the same chance and the same for the same seed: a copy, so that who walks
        through the few rows several times does not read all rows as often."""
        if len(self) <= most:
            return self
        random = np.random.default_rng(seed)
        few = self._of(random.choice(np.flatnonzero(self.chosen), most, replace=False, shuffle=False))
        rows = KeptRows(self.rows.width)
        for features, labels in few.blocks():
            rows.add(features, labels)
        return Part(rows, np.ones(most, dtype=bool))

    def _of(self, numbers: Array) -> "Part":
        chosen = np.zeros(len(self.chosen), dtype=bool)
        chosen[numbers] = True
        return Part(self.rows, chosen)


def keep(source: Path | Readable, schema: Schema) -> KeptRows:
    """The rows of the file that have a target. Raises DatasetError."""
    rows = KeptRows(len(schema.columns))
    for batch in read(source, schema):
        rows.add(*labelled(batch, schema))
    return rows


def labelled(batch: Batch, schema: Schema) -> tuple[Array, Array]:
    """Features, float32, rows by columns, and target (class number or value) of the rows that have a target."""
    values = np.frombuffer(batch.labels or array("d"), dtype=np.float64)
    rows = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, len(schema.columns))
    known = ~np.isnan(values)
    return (rows, values) if known.all() else (rows[known], values[known])


def _folder() -> str:
    """On the volume that the job's size is chosen for: a /tmp may be small, or in memory."""
    return os.environ.get("SM_MODEL_DIR") or tempfile.gettempdir()
