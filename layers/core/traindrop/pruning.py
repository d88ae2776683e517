"""Which trials are stopped before their end: those that do worse than others had done by the same round.

The limits of a trial are known when it is made, from the trials that have ended by then: who trains it asks nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from traindrop.median_rule import medians
from traindrop.rungs import cuts
from traindrop.script_mode import Request
from traindrop.search_space import objective_of, strategy_of
from traindrop.trial import DEFAULTS, Trial
from traindrop.tuning_config import Direction


@dataclass(frozen=True)
class Limits:
    """What a trial has to reach to go on: by round, counted from 1, the worst value of `metric` that may go on.

    Without rounds nothing is asked of it, and its curve is kept for those that come after it.
    """

    metric: str
    direction: Direction
    by_round: Mapping[int, float]

    def is_missed(self, round_: int, value: float) -> bool:
        """Whether the trial has to end after this round."""
        limit = self.by_round.get(round_)
        if limit is None:
            return False
        return value < limit if self.direction == "maximize" else value > limit

    def as_record(self) -> dict[str, Any]:
        """As JSON can hold it; `limits_from` reads it."""
        by_round = {str(round_): value for round_, value in self.by_round.items()}
        return {"metric": self.metric, "direction": self.direction, "by_round": by_round}


def limits_from(record: Mapping[str, Any]) -> Limits:
    by_round = {int(round_): float(value) for round_, value in record["by_round"].items()}
    return Limits(record["metric"], record["direction"], by_round)


def limits_for(request: Request, trials: Sequence[Trial], number: int) -> Limits:
    """What the trial `number` has to reach: nothing where it may go on to its end, as the one with the defaults may.

    With the strategy Hyperband its rungs (`traindrop.rungs`), else with TrainingJobEarlyStoppingType Auto the service's
    own rule (`traindrop.median_rule`).
    """
    metric, direction = objective_of(request)
    if number == DEFAULTS:
        return Limits(metric, direction, {})
    config = request["HyperParameterTuningJobConfig"]
    curves = [trial.curve for trial in trials if trial.status in {"completed", "stopped early"} and trial.curve]
    by_round: dict[int, float] = {}
    if strategy_of(request) == "Hyperband":
        resources = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
        by_round = cuts(curves, direction, number, resources.get("MinResource"), resources.get("MaxResource"))
    elif config.get("TrainingJobEarlyStoppingType") == "Auto":
        by_round = medians(curves)
    return Limits(metric, direction, by_round)
