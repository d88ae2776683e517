"""Which rows are held out to validate on, decided row by row: a file need not be in memory for it."""

import random
from collections.abc import Iterable, Iterator, Mapping


class StreamedSplit:
    """Of every group of rows the same share is held out, as many as `training_script.split` takes; of a group of one
    row none.

    `totals`: rows by label, known beforehand, or one group None for the rows of all labels. The same seed gives the
    same answers. Selection sampling: of the n rows to come k are wanted, so the next is with probability k / n
    (Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S).
    """

    def __init__(self, totals: Mapping[float | None, int], fraction: float, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  a split is no secret
        self._left = dict(totals)
        self._wanted = {group: max(min(round(rows * fraction), rows - 1), 0) for group, rows in totals.items()}

    def held_out(self, labels: Iterable[float]) -> Iterator[bool | None]:
        """Whether each of the next rows, in the file's order, is held out; None for a row without a label (NaN)."""
        one_group = None in self._left
        for label in labels:
            yield None if label != label else self._chooses(None if one_group else label)

    def _chooses(self, group: float | None) -> bool:
        chosen = self._random.random() * self._left[group] < self._wanted[group]
        self._left[group] -= 1
        self._wanted[group] -= chosen
        return chosen
