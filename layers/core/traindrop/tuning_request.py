"""The CreateHyperParameterTuningJob request of a run: a pure function of what was dropped and asked for."""

from typing import Any

from traindrop.config import TrainingConfig
from traindrop.job import Job


def tuning_job_request(job: Job, config: TrainingConfig) -> dict[str, Any]:
    """Keyword arguments of `create_hyper_parameter_tuning_job`, complete.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
    Raises `Rejected` for ranges or an objective that there cannot be.
    """
    raise NotImplementedError


def defaults_request(job: Job, config: TrainingConfig) -> dict[str, Any]:
    """Keyword arguments of `create_training_job` for the trial that all others are compared with."""
    raise NotImplementedError
