"""A training job's files: from S3 into the folders of its container, and what it left back into S3."""

from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from traindrop import channels
from traindrop.container import CodeError, prepare, unpack_code
from traindrop.folders import CHANNELS, Folders
from traindrop.instances import ONLY, Instance
from traindrop.packing import Artifacts
from traindrop.script_mode import Request, decoded_hyperparameters, is_script_mode
from traindrop.steps import needs_its_image

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class JobFailed(Exception):
    """The job cannot go on; the message is its FailureReason."""


def fetch(s3: "S3Client", request: Request, root: Path, instance: Instance = ONLY) -> Folders:
    """Make an instance's folders under `root` and fill them with its channels and its code. Raises `JobFailed`."""
    folders = prepare(request, root, instance)
    try:
        for channel in request.get("InputDataConfig", []):
            channels.fetch_channel(s3, channel, folders.channel(channel["ChannelName"]), instance)
    except channels.DataError as error:
        raise JobFailed(f"ClientError: {error}") from error
    if is_script_mode(request) and not needs_its_image(request):
        _fetch_code(s3, request, folders)
    return folders


def _fetch_code(s3: "S3Client", request: Request, folders: Folders) -> None:
    archive = folders.root / "sourcedir.tar.gz"
    uri = str(decoded_hyperparameters(request)["sagemaker_submit_directory"])
    try:
        if uri.startswith(f"{CHANNELS}/"):  # a channel has brought it
            archive = folders.input / "data" / uri.removeprefix(f"{CHANNELS}/")
        else:
            channels.fetch_object(s3, *channels.split_uri(uri), archive)
        unpack_code(archive, folders)
    except (ClientError, CodeError) as error:
        # The toolkit fetches the code itself, inside the container: its failure is the algorithm's.
        raise JobFailed(f"AlgorithmError: Framework Error: {error} ({uri}), exit code: 1") from error


def deliver(s3: "S3Client", request: Request, artifacts: Artifacts, *, with_model: bool) -> str | None:
    """Put output and model where the job says; the address of the model. Raises `JobFailed`."""
    output = request["OutputDataConfig"]
    base = f"{output['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}/output"
    try:
        if artifacts.output:
            channels.put_artifact(s3, artifacts.output, f"{base}/output.tar.gz", output.get("KmsKeyId"))
        if artifacts.model and with_model:
            channels.put_artifact(s3, artifacts.model, f"{base}/model.tar.gz", output.get("KmsKeyId"))
    except channels.DataError as error:
        raise JobFailed(f"ClientError: {error}") from error
    return f"{base}/model.tar.gz" if with_model else None
