"""What each function is told through its environment; `template.yaml` sets every one of these.

A field is the environment variable of the same name in capitals. A missing one fails the
invocation with pydantic's message, which names it.
"""

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    # Rules match jobs by the stack's name in front; a longer one would not fit whole into a job name.
    stack: Annotated[str, StringConstraints(max_length=40)]
    table: str
    aws_region: str

    @classmethod
    def from_env(cls) -> Self:
        """Read the process environment. Raises `pydantic.ValidationError` where a variable is missing."""
        known = {name: os.environ[name.upper()] for name in cls.model_fields if name.upper() in os.environ}
        return cls.model_validate(known)


class DispatcherSettings(_Settings):
    max_concurrent_jobs: Annotated[int, Field(ge=1)]
    # The functions that carry out a training job, by their memory.
    trainer: str
    large_trainer: str


class LauncherSettings(DispatcherSettings):
    # Part of every name: a stack made anew under an old name must not meet its forerunner's jobs,
    # whose names SageMaker never frees.
    stack_id: str
    training_role_arn: str
    training_scripts: Path
    owner: str


class EvaluatorSettings(_Settings):
    pass


class TrainerSettings(_Settings):
    pass


class NotifierSettings(_Settings):
    topic_arn: str
    dead_letter_queue: str
