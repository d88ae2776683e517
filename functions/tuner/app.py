"""Tuner: a tuning job is begun, or one of its trials ended; the next trials are chosen and handed over."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.origin import read_own, refuse_foreign
from traindrop.settings import TunerSettings
from traindrop.tuning import STEP, name_of, tune


@refuse_foreign
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = TunerSettings.from_env()
    job = name_of(read_own(STEP, event, context, settings))
    return {"job": job, "status": None if job is None else tune(job, settings)}
