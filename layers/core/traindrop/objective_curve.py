"""The objective of a trial, round by round, out of its log while it trains: whether it may go on, and what is kept."""

import math
import re
import threading
from collections.abc import Mapping, Sequence

from traindrop.final_metrics import value_in
from traindrop.pruning import Limits
from traindrop.thinned_curve import thinned

# As XGBoost and our scripts begin the line of a round, counted from 0: `[12]<tab>train-auc:0.9…`. That of the
# round that is kept is written again at the end.
_ROUND = re.compile(r"\[(\d{1,9})\]\s", re.ASCII)


class ObjectiveCurve:
    """Values by round, counted from 1; of a log without numbers in front, each line with a value is a round.

    `read` may be called from another thread than the rest. A job that is no trial has no curve, nor has one
    without a metric of that name.
    """

    def __init__(self, definitions: Sequence[Mapping[str, str]], limits: Limits | None) -> None:
        self._limits = limits or Limits("", "minimize", {})
        self._patterns = [re.compile(each["Regex"]) for each in definitions if each["Name"] == self._limits.metric]
        self._values: dict[int, float] = {}
        self._lock = threading.Lock()
        # Whether a round missed its limit.
        self.is_missed = False

    def read(self, line: str) -> None:
        """Take what the line holds."""
        for value in (value_in(line, pattern) for pattern in self._patterns):
            if value is None or not math.isfinite(value):
                continue
            named = _ROUND.match(line)
            with self._lock:
                round_ = int(named[1]) + 1 if named else max(self._values, default=0) + 1
                self._values[round_] = value
                self.is_missed = self.is_missed or self._limits.is_missed(round_, value)

    def thinned(self) -> dict[int, float]:
        """Few of the rounds: `traindrop.thinned_curve`."""
        with self._lock:
            return thinned(self._values)
