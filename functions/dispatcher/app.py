"""Dispatcher: a job ended, one is to be stopped, or a minute passed; the line moves on, what got lost is healed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.keeping_order import OCCASION, keep_order
from traindrop.settings import DispatcherSettings


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    runs = keep_order(OCCASION.validate_python(event), DispatcherSettings.from_env())
    return {"runs": runs}
