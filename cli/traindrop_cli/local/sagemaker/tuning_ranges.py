"""What CreateHyperParameterTuningJob refuses of the ranges beyond their shape, in AWS's words where they are known."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from traindrop.script_mode import TUNING_METRIC
from traindrop_cli.local.sagemaker.errors import validation_error

# "the maximum for the hyperparameter tuning job itself", and "up to 100 hyperparameters in total (static + tunable)",
# which the one that SageMaker adds is among (ParameterRanges, API reference; Define Hyperparameter Ranges, guide).
MOST_TUNED, MOST = 30, 100

Range = Mapping[str, Any]


def refuse_ranges(request: Mapping[str, Any]) -> None:
    """Raise ApiError for ranges that nothing can be searched in."""
    ranges = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    static = request["TrainingJobDefinition"].get("StaticHyperParameters", {})
    found = next((problem for rule in (_names, _numbers, _values) for problem in rule(ranges, static)), None)
    if found is not None:
        raise validation_error(found)


def combinations(ranges: Mapping[str, Sequence[Range]]) -> float:
    """How many different training jobs there can be; endless where a hyperparameter is continuous."""
    if ranges.get("ContinuousParameterRanges"):
        return math.inf
    whole = [int(each["MaxValue"]) - int(each["MinValue"]) + 1 for each in ranges.get("IntegerParameterRanges", [])]
    listed = [len(each["Values"]) for each in ranges.get("CategoricalParameterRanges", [])]
    return math.prod([*whole, *listed])


def _names(ranges: Mapping[str, Sequence[Range]], static: Mapping[str, str]) -> Iterator[str]:
    names = [each["Name"] for kind in ranges.values() for each in kind]
    if not names:
        yield "ParameterRanges must hold at least one hyperparameter to tune."
    if ranges.get("AutoParameters"):
        yield "The local SageMaker finds no ranges by itself: give them instead of AutoParameters."
    if repeated := [name for name, times in Counter(names).items() if times > 1]:
        yield f"Hyperparameter names must be unique: {', '.join(repeated)} given more than once."
    if both := sorted(static.keys() & set(names)):
        yield f"Hyperparameters cannot be both static and tuned: {', '.join(both)}."
    if TUNING_METRIC in {*static, *names}:
        yield f"{TUNING_METRIC} is reserved by SageMaker."
    if len(names) > MOST_TUNED:
        yield f"You can tune at most {MOST_TUNED} hyperparameters, and {len(names)} are given."
    if len(names) + len(static) + 1 > MOST:
        yield f"A training job takes {MOST} hyperparameters, and it would have {len(names) + len(static) + 1}."


def _numbers(ranges: Mapping[str, Sequence[Range]], _static: Mapping[str, str]) -> Iterator[str]:
    for each in ranges.get("IntegerParameterRanges", []):
        yield from _interval(each, int)
    for each in ranges.get("ContinuousParameterRanges", []):
        yield from _interval(each, float)


def _interval(found: Range, kind: Callable[[str], float]) -> Iterator[str]:
    name, scaling = found["Name"], found.get("ScalingType", "Auto")
    try:
        low, high = kind(found["MinValue"]), kind(found["MaxValue"])
    except ValueError:
        yield f"{name}: '{found['MinValue']}' to '{found['MaxValue']}' is no range of type {kind.__name__}."
        return
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        # Not even equal ones: https://github.com/aws/amazon-sagemaker-feedback/issues/195
        yield f"{name}: MinValue [{low}] must be less than MaxValue [{high}]."
    if scaling == "Logarithmic" and low <= 0:
        yield f"{name}: Logarithmic scaling works only for ranges that have only values greater than 0."
    if scaling == "ReverseLogarithmic" and (kind is int or not 0 <= low < high < 1):
        yield (
            f"{name}: Reverse logarithmic scaling works only for continuous ranges that are entirely within the range "
            "0<=x<1.0."
        )


def _values(ranges: Mapping[str, Sequence[Range]], _static: Mapping[str, str]) -> Iterator[str]:
    for each in ranges.get("CategoricalParameterRanges", []):
        counted: Counter[str] = Counter(each["Values"])
        if repeated := [value for value, times in counted.items() if times > 1]:
            yield f"{each['Name']}: values must be unique: {', '.join(repeated)} given more than once."
