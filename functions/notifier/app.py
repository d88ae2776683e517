"""Notifier: a run ended, or a part of traindrop gave up on an event; the one message goes out."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.notifying import NOTICE, notify
from traindrop.settings import NotifierSettings


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    told = notify(NOTICE.validate_python(event), NotifierSettings.from_env())
    return {"told": told}
