"""A function applied in threads, with its results in order and a few inputs read ahead.

What `Executor.map` does, but for its reading all inputs at once (until Python 3.14's `buffersize`) and forgetting
which of them have no result yet. Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class InOrder(Generic[A, R]):
    """`left` are the inputs without a result after `results` raised what the function did."""

    def __init__(self, function: Callable[[A], R], threads: int) -> None:
        self._function, self._threads = function, threads
        self._waiting: deque[tuple[A, Future[R]]] = deque()

    @property
    def left(self) -> list[A]:
        return [given for given, _ in self._waiting]

    def results(self, inputs: Iterable[A]) -> Iterator[R]:
        with ThreadPoolExecutor(self._threads) as pool:
            try:
                for given in inputs:
                    self._waiting.append((given, pool.submit(self._function, given)))
                    if len(self._waiting) > self._threads:
                        yield self._next()
                while self._waiting:
                    yield self._next()
            finally:
                for _, future in self._waiting:
                    future.cancel()

    def _next(self) -> R:
        result = self._waiting[0][1].result()
        self._waiting.popleft()
        return result
