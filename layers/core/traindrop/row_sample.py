"""Some rows of a file that is read a batch at a time, each row with the same chance."""

from array import array

import numpy as np
import numpy.typing as npt

from traindrop.dataset import Batch

MAX_ROWS = 1000
MAX_VALUES = 4_000_000  # 16 MB


class RowSample:
    """At most `MAX_ROWS` rows of `width` features each. The same file gives the same rows, however it is batched.

    Each row draws a number, and the rows with the lowest stay: no row has to be known beforehand, nor their count.
    """

    def __init__(self, width: int, seed: int = 42) -> None:
        self._size = max(1, min(MAX_ROWS, MAX_VALUES // max(width, 1)))
        self._random = np.random.default_rng(seed)
        self._seen = 0
        self._lots = np.empty(0)
        self.rows: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.features: npt.NDArray[np.float32] = np.empty((0, width), dtype=np.float32)

    def add(self, batch: Batch) -> None:
        lots = self._random.random(batch.rows)
        limit = self._lots.max() if len(self._lots) == self._size else 1.0
        new = np.flatnonzero(lots < limit)
        features = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, self.features.shape[1])
        all_lots = np.concatenate((self._lots, lots[new]))
        kept = np.sort(np.argsort(all_lots, kind="stable")[: self._size])
        self._lots = all_lots[kept]
        self.rows = np.concatenate((self.rows, new + self._seen))[kept]
        self.features = np.concatenate((self.features, features[new]))[kept]
        self._seen += batch.rows


def batch_of(features: npt.NDArray[np.float32]) -> Batch:
    """Rows of shape (rows, width) as a reader gives them, without a target."""
    return Batch(len(features), array("f", features.tobytes()), None)
