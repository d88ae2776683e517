"""How far a training by epochs has come, when it ends, and the file that outlives an interrupted job.

It goes with a training script into the container: numpy and the standard library only, and Python 3.10-safe.
"""

import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from traindrop.training_script import Array, replacing


@dataclass
class Progress:
    """What has been done and found. `loss`: the least so far of what is watched, in `best_epoch`, numbered from 0 like
    all epochs; `best_weights`: the weights then. `history`: for metrics.json."""

    epochs: int = 0
    loss: float = math.inf
    best_epoch: int = -1
    history: dict[str, Any] = field(default_factory=dict)
    best_weights: list[Array] = field(default_factory=list)

    def goes_on(self, most: int, patience: int) -> bool:
        """Whether another epoch is due: not after `most`, nor after `patience` of them without a gain; 0: no limit."""
        without_gain = self.epochs - 1 - self.best_epoch
        return self.epochs < most and not (0 < patience <= without_gain and self.best_weights)

    def add(self, metrics: Mapping[str, Mapping[str, float]], weights: Callable[[], list[Array]]) -> None:
        """Count an epoch. What is watched is the last metric of validation; without validation nothing is."""
        loss = list(metrics.get("validation", {}).values())[-1:]
        if loss and loss[0] < self.loss:
            self.loss, self.best_epoch, self.best_weights = loss[0], self.epochs, weights()
        self.epochs += 1


@dataclass(frozen=True)
class Checkpoint:
    """A file of a training's progress and of `state`, all arrays that training changes, as they were after an epoch.

    `belongs_to` tells data and settings: a file of others is left alone until it is written over. Without `path`
    nothing is written and nothing is found.
    """

    path: Path | None
    belongs_to: str

    def save(self, progress: Progress, state: Sequence[Array]) -> None:
        if self.path is None:
            return
        known = {name: value for name, value in vars(progress).items() if name != "best_weights"}
        note = json.dumps({"belongs_to": self.belongs_to, "progress": known})
        arrays: dict[str, Any] = {f"state{n}": values for n, values in enumerate(state)}
        arrays |= {f"best{n}": values for n, values in enumerate(progress.best_weights)}
        with replacing(self.path) as partial:
            np.savez(partial, note=np.array(note), **arrays)

    def content(self) -> bytes:
        """The file, for `unpacked`; empty if there is none of this training. Says what it found."""
        if self.path is None or not self.path.is_file():
            return b""
        content = self.path.read_bytes()
        try:
            progress, _ = unpacked(content, self.belongs_to)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            print(f"{self.path} cannot be gone on from ({error}): starting anew.", flush=True)
            return b""
        print(f"Going on after epoch {progress.epochs - 1} from {self.path}.", flush=True)
        return content


def unpacked(content: bytes, belongs_to: str) -> tuple[Progress, list[Array]]:
    """Progress and state. Raises ValueError for those of another training."""
    with np.load(io.BytesIO(content)) as arrays:
        note = json.loads(str(arrays["note"]))
        if note["belongs_to"] != belongs_to:
            raise ValueError("it is of other data or settings")

        def numbered(name: str) -> list[Array]:
            return [arrays[f"{name}{n}"] for n in range(len(arrays.files)) if f"{name}{n}" in arrays.files]

        return Progress(**note["progress"], best_weights=numbered("best")), numbered("state")
