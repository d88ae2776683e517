"""Evaluator: a training job completed; its model is scored on the held-out test CSV."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.evaluating import COMPLETION, evaluate
from traindrop.origin import read_own, refuse_foreign
from traindrop.settings import EvaluatorSettings


@refuse_foreign
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = EvaluatorSettings.from_env()
    job = read_own(COMPLETION, event, context, settings).detail
    status = evaluate(job.training_job_name, settings)
    return {"run": job.training_job_name, "status": status}
