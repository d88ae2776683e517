"""`tuning:` of a training.yaml: what is searched, how, and what it may cost.

The numbers that are SageMaker's hold everywhere, so that a run may go from a Lambda to an instance:
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Strategy = Literal["bayesian", "random", "grid", "hyperband"]
Direction = Literal["minimize", "maximize"]
RangeValue = str | int | float | bool

# "Number of training jobs per hyperparameter tuning job: 750", for random search up to 10,000 where AWS raises it; we
# number trials with three digits.
MAX_JOBS = 750
# "Number of parallel training jobs per hyperparameter tuning job: 10. Can be increased to 100."
MAX_PARALLEL = 100
# "Number of hyperparameters that can be searched: 30. Each categorical hyperparameter can have at most 30 different
# values."
MAX_RANGES = MAX_VALUES = 30
# ParameterValue and ParameterKey: at most 256 characters (CategoricalParameterRange, API reference).
LONGEST_TEXT = 256
# MetricDefinition, API reference.
LONGEST_METRIC, LONGEST_REGEX = 255, 500


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _spelled_out(found: object) -> object:
    """`objective: auc` as `{metric: auc}`, a list of values as `{values: […]}`."""
    if isinstance(found, str):
        return {"metric": found}
    return {"values": found} if isinstance(found, list) else found


def _range(found: object) -> object:
    if not isinstance(found, list | dict):
        raise ValueError("expected two ends such as {min: 2, max: 8}, or a list of values")
    return _spelled_out(found)


def _number(found: object) -> object:
    """One message, where pydantic would have one for each type that it might have been."""
    if found is None or (isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)):
        return found
    raise ValueError("expected a number")


def _scalar(found: object) -> object:
    if isinstance(found, float) and not math.isfinite(found):
        raise ValueError("expected a number that is not infinite")
    if not isinstance(found, str | int | float | bool):
        raise ValueError("expected a number, a text, true or false")
    return found


class Objective(_Part):
    """What makes a trial better than another."""

    metric: str = Field(
        min_length=1,
        max_length=LONGEST_METRIC,
        description="As the training script logs it, for example validation:auc, or auc for short.",
    )
    direction: Direction | None = Field(None, description="Default: what the metric is known for.")
    regex: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_REGEX,
        description="How a script of your own logs it; the value is its first group.",
    )


class Range(_Part):
    """The values of one hyperparameter: from `min` to `max`, or `values`."""

    min: Annotated[int | float | None, BeforeValidator(_number)] = Field(None, description="Least value.")
    max: Annotated[int | float | None, BeforeValidator(_number)] = Field(None, description="Greatest value.")
    type: Literal["integer", "number"] | None = Field(
        None, description="Default: integer where the script takes whole numbers, or both ends are whole."
    )
    scale: Literal["linear", "log"] = Field("linear", description="log: as many trials from 0.01 to 0.1 as to 1.")
    values: Annotated[
        tuple[Annotated[RangeValue, BeforeValidator(_scalar)], ...], Field(strict=False, max_length=MAX_VALUES)
    ] = Field((), description="Of a categorical one.")


class TuningConfig(_Part):
    """The section `tuning` of a training.yaml."""

    max_jobs: int = Field(
        20,
        ge=1,
        le=MAX_JOBS,
        description="Trials, beside the one with the defaults that they are compared with. With strategy grid: as many "
        "as there are combinations.",
    )
    max_parallel: int = Field(
        4, ge=1, le=MAX_PARALLEL, description="Trials at the same time; an account has 10 until AWS raises it."
    )
    strategy: Strategy = Field(
        "bayesian", description="How the next trial is chosen. grid takes lists of values only; hyperband needs rounds."
    )
    objective: Annotated[Objective, BeforeValidator(_spelled_out, json_schema_input_type=str | Objective)] | None = (
        Field(None, description="Default: validation:auc, validation:mlogloss or validation:rmse, by the task.")
    )
    ranges: dict[str, Annotated[Range, BeforeValidator(_range, json_schema_input_type=list[RangeValue] | Range)]] = (
        Field(
            min_length=1,
            max_length=MAX_RANGES,
            description="By hyperparameter: {min, max, scale}, or a list of values.",
        )
    )
    early_stopping: bool = Field(
        True,
        description="Stop a trial that does worse than the median of those before it had done by that round. hyperband "
        "has a rule of its own.",
    )
    max_cost_usd: float | None = Field(None, gt=0, description="The whole may not cost more, the defaults included.")

    @property
    def trials(self) -> int:
        """How many there may be, beside the one with the defaults."""
        if self.strategy != "grid":
            return self.max_jobs
        return math.prod(len(each.values) for each in self.ranges.values())

    @property
    def parallel(self) -> int:
        return min(self.max_parallel, self.trials)

    @property
    def stops_early(self) -> bool:
        """Whether a trial is held against the median of the others."""
        return self.early_stopping and self.strategy != "hyperband"
