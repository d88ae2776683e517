"""What each function is told through its environment; `template.yaml` sets every one of these.

A field is the environment variable of the same name in capitals. A missing one fails the
invocation with pydantic's message, which names it.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from traindrop.confinement import Confinement
from traindrop.lambda_limits import DISK, FUNCTIONS
from traindrop.placing import NO_TRAINERS, Trainers


def _split(value: object) -> object:
    """A list as CloudFormation joins it; an empty text is none."""
    return tuple(filter(None, value.split(","))) if isinstance(value, str) else value


_List = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    """What every function is told."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # Rules match jobs by the stack's name in front; a longer one would not fit whole into a job name.
    stack: Annotated[str, StringConstraints(max_length=40)]
    table: str
    # The only one that uploads may come from.
    bucket: str
    aws_region: str

    @classmethod
    def from_env(cls) -> Self:
        """Read the process environment. Raises `pydantic.ValidationError` where a variable is missing."""
        known = {name: os.environ[name.upper()] for name in cls.model_fields if name.upper() in os.environ}
        return cls.model_validate(known)


class TunerSettings(Settings):
    # The functions that carry out a training job, by their memory.
    trainer: str
    large_trainer: str


class DispatcherSettings(TunerSettings):
    # The function that chooses the trials of a tuning job in Lambda.
    tuner: str
    max_concurrent_jobs: Annotated[int, Field(ge=1)]
    # 0: no ceiling.
    max_monthly_cost_usd: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]

    @property
    def monthly_ceiling(self) -> Decimal | None:
        return self.max_monthly_cost_usd or None


class LauncherSettings(DispatcherSettings):
    # Part of every name: a stack made anew under an old name must not meet its forerunner's jobs,
    # whose names SageMaker never frees.
    stack_id: str
    training_role_arn: str
    training_scripts: Path
    owner: str
    kms_key_arn: str
    training_subnets: _List
    training_security_groups: _List
    network_isolation: bool
    auto_in_lambda: bool

    @property
    def trainers(self) -> Trainers:
        """None where jobs are to have a network of the stack's own, or none: a function has that of Lambda."""
        confined = self.confinement.isolated or self.confinement.subnets
        return NO_TRAINERS if confined else Trainers(FUNCTIONS, DISK, for_auto=self.auto_in_lambda)

    @property
    def confinement(self) -> Confinement:
        """What holds for every training job of the stack."""
        return Confinement(
            kms_key=self.kms_key_arn or None,
            subnets=self.training_subnets,
            security_groups=self.training_security_groups,
            isolated=self.network_isolation,
        )


class EvaluatorSettings(Settings):
    # Of a champion in the model registry.
    model_approval: Literal["PendingManualApproval", "Approved"]


class TrainerSettings(Settings):
    pass


class NotifierSettings(Settings):
    topic_arn: str
    dead_letter_queue: str
    # Who signs the links of messages.
    link_role_arn: str
    # Empty: there is no such target.
    chat_topic_arn: str
    webhook_key_arn: str
