"""Launcher: an upload arrives; a checked training job is launched, or the upload is rejected with its reason."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from traindrop.events import uploads_in
from traindrop.launching import receive_all
from traindrop.settings import LauncherSettings


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    uploads = uploads_in(event)
    runs = receive_all(uploads, LauncherSettings.from_env())
    Logger(service="launcher").info("uploads received", keys=[upload.key for upload in uploads], runs=runs)
    return {"runs": runs}
