"""The ledger as all tabs see it: read at most once in a while, however many look."""

import time
from collections.abc import Sequence
from threading import Lock

from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.waiting_line import Place
from traindrop_cli.stack import Stack


class SharedRuns:
    """`seconds`: how long what was read is shown."""

    def __init__(self, stack: Stack, seconds: float) -> None:
        self._ledger, self._seconds = Ledger(stack.table), seconds
        self._lock, self._until = Lock(), 0.0
        self._runs: Sequence[Run] = ()
        self._line: Sequence[Place] = ()

    def read(self) -> tuple[Sequence[Run], Sequence[Place]]:
        """Every run, newest first, and who waits."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._runs, self._line = list(self._ledger.runs()), self._ledger.waiting()
                self._until = time.monotonic() + self._seconds
            return self._runs, self._line

    def expire(self) -> None:
        """Something was just done, or a page is loaded whole: read anew."""
        with self._lock:
            self._until = 0.0
