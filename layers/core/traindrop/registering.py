"""A champion goes to the SageMaker Model Registry. What the registry refuses is noted; the evaluation stands."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from traindrop import aws, plain_text
from traindrop.evaluation import Evaluation
from traindrop.logs import log
from traindrop.model_package import group_request, package_request
from traindrop.run import Run
from traindrop.run_request import training_request
from traindrop.script_mode import Request
from traindrop.settings import EvaluatorSettings


def register(run: Run, request: Request, evaluation: Evaluation, settings: EvaluatorSettings) -> dict[str, Any]:
    """What the ledger is to know of it, by the fields of a run: nothing where the run did not become champion.

    Safe to call any number of times: the registry makes one version of it.
    """
    if evaluation.verdict is None or not evaluation.verdict.becomes_champion:
        return {}
    try:
        image = training_request(request).get("AlgorithmSpecification", {}).get("TrainingImage")
        if image is None:
            return _not_registered(run, f"{run.uri(run.request_key)}, which names its image, is gone.")
        return {"model_package": _registered(run, evaluation, image, settings)}
    except (ClientError, BotoCoreError) as error:
        log().warning("not registered", exc_info=error)
        return _not_registered(run, aws.error_message(error) if isinstance(error, ClientError) else str(error))


def _registered(run: Run, evaluation: Evaluation, image: str, settings: EvaluatorSettings) -> str:
    aws.create_model_package_group(group_request(settings.stack, run.dataset))
    return aws.create_model_package(
        package_request(
            run,
            evaluation,
            stack=settings.stack,
            image=image,
            approval=settings.model_approval,
            has_report=aws.exists(run.bucket, run.report_key),
        )
    )


def _not_registered(run: Run, why: str) -> dict[str, Any]:
    return {"notes": (*run.notes, f"The model is not in the model registry: {plain_text.line(why, 400)}")}
