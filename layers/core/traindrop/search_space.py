"""The settings that a CreateHyperParameterTuningJob request has searched, and the training jobs that come of it.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobConfig.html
No numpy: the tuner decides with these before it imports an optimiser.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from traindrop.request import for_job
from traindrop.run import DEFAULTS_SUFFIX
from traindrop.script_mode import TUNING_METRIC, Request
from traindrop.trial import DEFAULTS
from traindrop.tuning_config import Direction, RangeValue

# On a trial, so that rules pass over its events: `traindrop:trial` = `true`.
TRIAL_TAG = "traindrop:trial"
_PROGRAM = "sagemaker_program"
# Of a training job's request, what a definition has under the same name.
_AS_DEFINED = (
    "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "VpcConfig", "StoppingCondition",
    "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "CheckpointConfig",
    "RetryStrategy", "Environment",
)  # fmt: skip
_LOGARITHMIC = "Logarithmic"


@dataclass(frozen=True)
class Setting:
    """One hyperparameter that is searched: from `low` to `high`, or one of `choices`.

    `log`: its logarithm is searched evenly. `as_json`: the texts of the choices are JSON, as script mode has them.
    """

    name: str
    kind: Literal["number", "integer", "categorical"]
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[RangeValue, ...] = ()
    as_json: bool = False

    def text(self, value: RangeValue) -> str:
        """As the HyperParameters of a training job have it."""
        if self.kind == "categorical":
            return json.dumps(value) if self.as_json else str(value)
        return str(int(value)) if self.kind == "integer" else repr(float(value))

    def value(self, text: str) -> RangeValue:
        """What `text` wrote. Raises `ValueError` where it is no number, or no JSON."""
        if self.kind == "categorical":
            found: RangeValue = json.loads(text) if self.as_json else text
            return found
        return int(text) if self.kind == "integer" else float(text)

    def holds(self, value: object) -> bool:
        """Whether it is a value that the search could have chosen itself."""
        if self.kind == "categorical":
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high and (self.kind == "number" or float(value).is_integer())


def settings_of(request: Request) -> tuple[Setting, ...]:
    """What is searched, in the order of the request: whole numbers, numbers, choices.

    Scaling: Logarithmic is; Auto and ReverseLogarithmic are searched as Linear.
    """
    ranges = _config(request).get("ParameterRanges", {})
    in_json = _PROGRAM in _definition(request).get("StaticHyperParameters", {})
    integers = (_numeric(each, "integer") for each in ranges.get("IntegerParameterRanges", ()))
    numbers = (_numeric(each, "number") for each in ranges.get("ContinuousParameterRanges", ()))
    choices = (_categorical(each, as_json=in_json) for each in ranges.get("CategoricalParameterRanges", ()))
    return (*integers, *numbers, *choices)


def objective_of(request: Request) -> tuple[str, Direction]:
    """The name of the metric as its definition has it, and which way is better."""
    found = _config(request)["HyperParameterTuningJobObjective"]
    return found["MetricName"], "maximize" if found["Type"] == "Maximize" else "minimize"


def strategy_of(request: Request) -> str:
    """Bayesian, Random, Grid or Hyperband."""
    return str(_config(request)["Strategy"])


def seed_of(request: Request) -> str:
    """What chance begins with: the same for the same tuning job, also where none is given."""
    return str(_config(request).get("RandomSeed", request["HyperParameterTuningJobName"]))


def trial_name(job: str, number: int) -> str:
    """`<tuning job>-<number, three digits>-<8 hex>`, as SageMaker calls its own; the same at each call.

    Of the one with the defaults `<tuning job>-defaults`.
    """
    if number == DEFAULTS:
        return f"{job}{DEFAULTS_SUFFIX}"
    digest = hashlib.sha256(f"{job}/{number}".encode()).hexdigest()[:8]
    return f"{job}-{number:03}-{digest}"


def trial_request(request: Request, number: int, hyperparameters: Mapping[str, RangeValue], job: str) -> dict[str, Any]:
    """The CreateTrainingJob request of the trial of that number in the tuning job `job`."""
    definition = _definition(request)
    settings = {each.name: each for each in settings_of(request)}
    chosen = {key: settings[key].text(value) for key, value in hyperparameters.items()}
    fixed = definition.get("StaticHyperParameters", {})
    found = {
        "AlgorithmSpecification": dict(definition["AlgorithmSpecification"]),
        # As SageMaker tells its trials: its own algorithm watches that metric.
        "HyperParameters": {**fixed, **chosen, TUNING_METRIC: objective_of(request)[0]},
        **{key: definition[key] for key in _AS_DEFINED if key in definition},
        "Tags": tagged_as_trial(request.get("Tags", ())),
    }
    return for_job(found, trial_name(job, number))


def tagged_as_trial(tags: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """With the tag that makes a training job one trial of many."""
    found = {tag["Key"]: tag["Value"] for tag in tags} | {TRIAL_TAG: "true"}
    return [{"Key": key, "Value": value} for key, value in found.items()]


def _numeric(found: Mapping[str, str], kind: Literal["number", "integer"]) -> Setting:
    log = found.get("ScalingType") == _LOGARITHMIC
    return Setting(found["Name"], kind, float(found["MinValue"]), float(found["MaxValue"]), log)


def _categorical(found: Mapping[str, Any], *, as_json: bool) -> Setting:
    choices = tuple(json.loads(each) if as_json else each for each in found["Values"])
    return Setting(found["Name"], "categorical", choices=choices, as_json=as_json)


def _config(request: Request) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request["HyperParameterTuningJobConfig"]
    return found


def _definition(request: Request) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request["TrainingJobDefinition"]
    return found
