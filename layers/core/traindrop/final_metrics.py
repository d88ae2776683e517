"""Metrics parsed from log lines by the regular expressions of a job's metric definitions."""

import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from traindrop.hyperparameters.builtin_xgboost import METRICS, metric_definitions
from traindrop.steps import is_algorithm_image


def definitions_of(request: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The metric definitions of a job: its own, or those that SageMaker has for its own algorithm."""
    if not is_algorithm_image(request):
        return list(request["AlgorithmSpecification"].get("MetricDefinitions", []))
    found = {each["Name"]: each for task in METRICS for each in metric_definitions(task)}
    return list(found.values())


def value_in(line: str, pattern: re.Pattern[str]) -> float | None:
    """What the line says of a metric: the first group of the last match that is a number."""
    found = None
    for match in pattern.finditer(line):
        try:
            found = float(match.group(1) if pattern.groups else match.group())
        except ValueError:
            continue  # as SageMaker: what is no number is no metric
    return found


class FinalMetrics:
    """Keeps the last value of each metric; `read` may be called from another thread than `final`."""

    def __init__(self, definitions: Sequence[Mapping[str, str]]) -> None:
        self._patterns = [(each["Name"], re.compile(each["Regex"])) for each in definitions]
        self._last: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def read(self, line: str) -> None:
        """Take what the line holds: the last match of each pattern, its first group, where it is a number."""
        for name, pattern in self._patterns:
            value = value_in(line, pattern)
            if value is not None:
                with self._lock:
                    self._last[name] = (value, time.time())

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList of DescribeTrainingJob."""
        with self._lock:
            items = list(self._last.items())
        return [{"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in items]
