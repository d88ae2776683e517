"""Evaluator: a training job completed; its model is scored on the held-out test CSV."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.evaluating import evaluate
from traindrop.events import TrainingJobStateChange
from traindrop.settings import EvaluatorSettings


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    job = TrainingJobStateChange.model_validate(event).detail
    status = evaluate(job.training_job_name, EvaluatorSettings.from_env())
    return {"run": job.training_job_name, "status": status}
