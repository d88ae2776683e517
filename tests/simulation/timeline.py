"""A clock that only the simulator moves, and invocations that take turns on it: one thread runs at a time."""

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 12, tzinfo=UTC)


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class _Thread(threading.Thread):
    """Runs one task after the other, each from when it is let go until it hands back."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.go, self.back = threading.Lock(), threading.Lock()
        self.go.acquire()
        self.back.acquire()
        self.task: Callable[[], None] | None = None
        self.start()

    def run(self) -> None:
        while True:
            self.go.acquire()
            if self.task is not None:
                self.task()
            self.task = None
            self.back.release()

    def let_go(self) -> None:
        """Let the task run until it pauses or ends."""
        self.go.release()
        self.back.acquire()

    def pause(self) -> None:
        """Called by the task: hand back until let go again."""
        self.back.release()
        self.go.acquire()


_idle: list[_Thread] = []


class Timeline:
    """Things that are to happen, by time; ties in the order in which they were put there."""

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._thread: _Thread | None = None

    def moment(self) -> datetime:
        return moment(self.now)

    def at(self, time: float, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (max(time, self.now), self._count, action))

    def step(self) -> None:
        """Let the next thing happen."""
        self.now, _, action = heapq.heappop(self._heap)
        action()

    @property
    def pending(self) -> int:
        return len(self._heap)

    def start(self, task: Callable[[], None]) -> None:
        """Run a task that may sleep."""
        thread = _idle.pop() if _idle else _Thread()
        thread.task = task
        self._resume(thread)

    def sleep(self, seconds: float) -> None:
        """Let time pass, from within a task; others take their turn."""
        until = self.now + seconds
        if not self._heap or self._heap[0][0] > until:
            self.now = until
            return
        thread = self._thread
        assert thread is not None
        self.at(until, lambda: self._resume(thread))
        thread.pause()

    def _resume(self, thread: _Thread) -> None:
        before, self._thread = self._thread, thread
        thread.let_go()
        self._thread = before
        if thread.task is None:
            _idle.append(thread)
