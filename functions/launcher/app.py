"""Launcher: an upload arrives; a checked training job is launched, or the upload is rejected with its reason."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.origin import read_own, refuse_foreign
from traindrop.receiving import ARRIVAL, receive
from traindrop.settings import LauncherSettings


@refuse_foreign
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = LauncherSettings.from_env()
    runs = receive(read_own(ARRIVAL, event, context, settings), settings)
    return {"runs": runs}
