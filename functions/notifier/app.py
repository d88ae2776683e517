"""Notifier: a run ended, or a part of traindrop gave up on an event; the one message goes out."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.notifying import NOTICE, notify
from traindrop.origin import read_own, refuse_foreign
from traindrop.settings import NotifierSettings


@refuse_foreign
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = NotifierSettings.from_env()
    told = notify(read_own(NOTICE, event, context, settings), settings)
    return {"told": told}
