"""The metrics of each round, out of the lines that a training writes. Pure.

Our scripts, and XGBoost itself, write `[12] train-auc:0.9 validation-auc:0.8`; of a line without a number in front the
round is counted.
"""

import math
import re
from dataclasses import dataclass, field

_ROUND = re.compile(r"\[(\d{1,9})\]\s", re.ASCII)
_VALUE = re.compile(r"\b(train|validation)-([A-Za-z][\w@.]{0,40})[=:](-?[0-9][0-9.eE+-]*)", re.ASCII)
_MOST_METRICS = 4
_MOST_POINTS = 200


@dataclass
class Rounds:
    """`values`: by metric and part (train, validation), the value of each round."""

    values: dict[str, dict[str, dict[int, float]]] = field(default_factory=dict)

    def add(self, line: str) -> bool:
        """Whether the line had a metric of a round."""
        found = [(part, metric, number) for part, metric, text in _VALUE.findall(line) if (number := _number(text))]
        if not found:
            return False
        named = _ROUND.match(line)
        for part, metric, number in found:
            if metric not in self.values and len(self.values) == _MOST_METRICS:
                continue
            series = self.values.setdefault(metric, {}).setdefault(part, {})
            series[int(named[1]) if named else len(series)] = number[0]
        return True

    def series(self, metric: str) -> dict[str, list[tuple[int, float]]]:
        """Rounds, counted from 1, and values of each part: thinned to what can be seen."""
        return {part: _thinned(values) for part, values in sorted(self.values[metric].items(), reverse=True)}

    def metrics(self, first: str | None = None) -> list[str]:
        """Those of several rounds: `first`, then what is minimized, then what is easier to read."""
        several = [name for name, parts in self.values.items() if max(map(len, parts.values())) > 1]
        return sorted(several, key=lambda name: (name != first, "loss" not in name))


def _number(text: str) -> tuple[float] | None:
    """In a tuple: 0 is a number too."""
    try:
        value = float(text)
    except ValueError:
        return None
    return (value,) if math.isfinite(value) else None


def _thinned(values: dict[int, float]) -> list[tuple[int, float]]:
    points = [(number + 1, value) for number, value in sorted(values.items())]
    step = (len(points) - 1) / (_MOST_POINTS - 1)
    return points if step <= 1 else [points[round(place * step)] for place in range(_MOST_POINTS)]
