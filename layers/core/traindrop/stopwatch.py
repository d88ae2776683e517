"""How long the steps of an evaluation take."""

import time


class Watch:
    """Seconds by step, in `laps`."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.laps[step], self._since = round(now - self._since, 3), now
