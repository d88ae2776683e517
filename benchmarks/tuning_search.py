"""A tuning as the tuner goes about it, four trials at a time, with trials that end as soon as they are asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.tuning_fits import Data, Fits, Fitted

from traindrop.pruning import Limits, limits_for
from traindrop.suggesting import suggest
from traindrop.thinned_curve import thinned
from traindrop.trial import DEFAULTS, Trial, best

PARALLEL = 4
# What somebody would write into training.yaml: the usual ranges; rounds end by themselves.
FIXED: Mapping[str, int] = {"num_round": 200, "early_stopping_rounds": 20}
_NUMBERS = {
    "eta": (0.01, 0.3, True), "subsample": (0.5, 1.0, False), "colsample_bytree": (0.5, 1.0, False),
    "min_child_weight": (1.0, 20.0, True), "reg_lambda": (0.1, 10.0, True),
}  # fmt: skip
# As training_scripts/xgboost/train.py has them.
_DEFAULTS = {
    "max_depth": 5, "eta": 0.1, "subsample": 0.8, "colsample_bytree": 0.8, "min_child_weight": 1.0, "reg_lambda": 1.0,
}  # fmt: skip

Rule = Callable[[Mapping[str, Any], Sequence[Trial], int], Limits]


@dataclass(frozen=True)
class Found:
    """What a tuning came to: its best trial's objective in validation and on the test rows, and what it cost.

    `defaults_test`: on the test rows, of the defaults. `rounds`: of boosting, of all trials. `stopped`: trials that
    were stopped early.
    """

    validation: float
    test: float
    defaults_test: float
    rounds: int
    stopped: int


def search(data: Data, fits: Fits, request: Mapping[str, Any], trials: int, rule: Rule = limits_for) -> Found:
    """Tune with so many trials beside the defaults."""
    ended = [_trial(DEFAULTS, dict(_DEFAULTS), fits({}), limits_for(request, (), DEFAULTS))]
    for number in range(1, trials + 1):
        known = ended[: max(1, number - PARALLEL + 1)]
        running = [each.model_copy(update=_RUNNING) for each in ended[len(known) :]]
        seen = [*known, *running]
        point = suggest(request, seen, number)
        assert point is not None
        ended.append(_trial(number, point, fits({**FIXED, **point}), rule(request, seen, number)))
    chosen = best(ended, data.direction)
    assert chosen is not None
    assert chosen.objective is not None
    return Found(
        chosen.objective,
        fits.test({} if chosen.number == DEFAULTS else {**FIXED, **chosen.hyperparameters}),
        fits.test({}),
        sum(max(trial.curve) for trial in ended),
        sum(trial.status == "stopped early" for trial in ended),
    )


def request_of(data: Data, seed: int, strategy: str, *, early_stopping: bool) -> dict[str, Any]:
    """Of a CreateHyperParameterTuningJob request, what decides about the search."""
    numbers = [
        {"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": "Logarithmic" if log else "Linear"}
        for name, (low, high, log) in _NUMBERS.items()
    ]
    depth = {"Name": "max_depth", "MinValue": "2", "MaxValue": "8", "ScalingType": "Linear"}
    objective = {"Type": data.direction.capitalize(), "MetricName": f"validation:{data.metric}"}
    config = {
        "Strategy": strategy,
        "RandomSeed": seed,
        "HyperParameterTuningJobObjective": objective,
        "ParameterRanges": {"IntegerParameterRanges": [depth], "ContinuousParameterRanges": numbers},
        "TrainingJobEarlyStoppingType": "Auto" if early_stopping else "Off",
        "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 7, "MaxResource": FIXED["num_round"]}},
    }
    name = {"HyperParameterTuningJobName": "benchmark", "TrainingJobDefinition": {"StaticHyperParameters": {}}}
    return {**name, "HyperParameterTuningJobConfig": config}


_RUNNING: Mapping[str, Any] = {"status": "running", "objective": None, "curve": {}}


def _trial(number: int, point: Mapping[str, Any], fitted: Fitted, limits: Limits) -> Trial:
    by_round = dict(enumerate(fitted.rounds, 1))
    missed = [each for each, value in by_round.items() if limits.is_missed(each, value)]
    last = missed[0] if missed else len(by_round)
    return Trial(
        number=number,
        job=f"benchmark-{number}",
        status="stopped early" if missed else "completed",
        hyperparameters=dict(point),
        objective=by_round[last] if missed else fitted.kept,
        curve=thinned({each: value for each, value in by_round.items() if each <= last}),
    )
