"""Trainer: a training job is handed over; it is carried out here, and its end is told as SageMaker tells it."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.events import TrainingRequest
from traindrop.lambda_limits import Sandbox
from traindrop.settings import TrainerSettings
from traindrop.training import train


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    job = TrainingRequest.model_validate(event).training_job_name
    sandbox = Sandbox(int(context.memory_limit_in_mb), context.get_remaining_time_in_millis() / 1000)
    status = train(job, sandbox, TrainerSettings.from_env())
    Logger(service="trainer").info("training job carried out", job=job, status=status)
    return {"job": job, "status": status}
