"""Launcher: an upload arrives; a checked training job is launched, or the upload is rejected with its reason."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.receiving import ARRIVAL, receive
from traindrop.settings import LauncherSettings


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    runs = receive(ARRIVAL.validate_python(event), LauncherSettings.from_env())
    return {"runs": runs}
