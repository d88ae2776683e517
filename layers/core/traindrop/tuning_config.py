"""`tuning:` of a training.yaml: what is searched, how, and what it may cost."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Strategy = Literal["bayesian", "random", "grid", "hyperband"]
Direction = Literal["minimize", "maximize"]
RangeValue = str | int | float | bool


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _spelled_out(found: object) -> object:
    """`objective: auc` as `{metric: auc}`, a list of values as `{values: […]}`."""
    if isinstance(found, str):
        return {"metric": found}
    return {"values": found} if isinstance(found, list) else found


class Objective(_Part):
    """What makes a trial better than another."""

    metric: str = Field(description="As the training script logs it, for example validation:auc, or auc for short.")
    direction: Direction | None = Field(None, description="Default: what the metric is known for.")
    regex: str | None = Field(None, description="How a script of your own logs it; the value is its first group.")


class Range(_Part):
    """The values of one hyperparameter: from `min` to `max`, or `values`."""

    min: int | float | None = Field(None, description="Least value.")
    max: int | float | None = Field(None, description="Greatest value.")
    type: Literal["integer", "number"] | None = Field(
        None, description="Default: integer where the script takes whole numbers, or both ends are whole."
    )
    scale: Literal["linear", "log"] = Field("linear", description="log: as many trials from 0.01 to 0.1 as to 1.")
    values: Annotated[tuple[RangeValue, ...], Field(strict=False)] = Field((), description="Of a categorical one.")


class TuningConfig(_Part):
    """The section `tuning` of a training.yaml."""

    max_jobs: int = Field(20, ge=1, description="Trials, beside the one with the defaults that they are compared with.")
    max_parallel: int = Field(4, ge=1, description="Trials at the same time.")
    strategy: Strategy = Field("bayesian", description="How the next trial is chosen.")
    objective: Annotated[Objective, BeforeValidator(_spelled_out)] | None = Field(
        None, description="Default: validation:auc, validation:mlogloss or validation:rmse, by the task."
    )
    ranges: dict[str, Annotated[Range, BeforeValidator(_spelled_out)]] = Field(
        description="By hyperparameter: {min, max, scale}, or a list of values."
    )
    early_stopping: bool = Field(
        True, description="Stop a trial that does worse than the median of those before it had done by that round."
    )
    max_cost_usd: float | None = Field(None, gt=0, description="The whole may not cost more, the defaults included.")
