"""What a script says while it trains, as far as it is kept: its metrics, its last lines, of a trial the objective."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from traindrop.final_metrics import FinalMetrics, definitions_of
from traindrop.objective_curve import ObjectiveCurve
from traindrop.pruning import Limits

# Of the log, what may tell why the script ended.
_LAST_LINES = 50


@dataclass(frozen=True)
class Heard:
    """`read` may be called from another thread than the rest."""

    metrics: FinalMetrics
    curve: ObjectiveCurve
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))

    @classmethod
    def of(cls, request: Mapping[str, Any], limits: Limits | None) -> Self:
        """Of a job that has said nothing yet; `limits` are a trial's."""
        definitions = definitions_of(request)
        return cls(FinalMetrics(definitions), ObjectiveCurve(definitions, limits))

    def read(self, line: str) -> None:
        self.metrics.read(line)
        self.curve.read(line)
        self.last_lines.append(line)
