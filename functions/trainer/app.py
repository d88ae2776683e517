"""Trainer: a training job is handed over; it is carried out here, and its end is told as SageMaker tells it."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.lambda_limits import Sandbox
from traindrop.origin import read_own, refuse_foreign
from traindrop.settings import TrainerSettings
from traindrop.training import REQUEST, train


@refuse_foreign
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = TrainerSettings.from_env()
    job = read_own(REQUEST, event, context, settings).training_job_name
    sandbox = Sandbox(int(context.memory_limit_in_mb), context.get_remaining_time_in_millis() / 1000)
    return {"job": job, "status": train(job, sandbox, settings)}
