"""Dispatcher: a job ended, one is to be stopped, or a minute passed; the line moves on, what got lost is healed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.keeping_order import OCCASION, keep_order
from traindrop.origin import read_own, refuse_foreign
from traindrop.settings import DispatcherSettings


@refuse_foreign
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = DispatcherSettings.from_env()
    runs = keep_order(read_own(OCCASION, event, context, settings), settings)
    return {"runs": runs}
