"""One training job from Downloading to its end, in the thread that calls `carry_out`."""

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from traindrop.container import CodeError, Outcome, pack, prepare, run, unpack_code
from traindrop.script_mode import Folders, decoded_hyperparameters, is_script_mode
from traindrop_cli.local.sagemaker import channels
from traindrop_cli.local.sagemaker.jobs import Job, max_runtime
from traindrop_cli.local.sagemaker.logs import log_stream
from traindrop_cli.local.sagemaker.metrics import FinalMetrics
from traindrop_cli.local.sagemaker.surroundings import Credentials, Scope, Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

# The service models are parsed once for all jobs instead of once each.
_LOADER = Loader()
NOT_SCRIPT_MODE = (
    "ClientError: The local SageMaker runs script mode only for now: the hyperparameters sagemaker_program and "
    "sagemaker_submit_directory have to name the training script. A built-in algorithm or an own image needs AWS."
)
INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."

# Puts the job into its next secondary status, applying a further change to it at the same time.
Move = Callable[..., None]


class JobFailed(Exception):
    """The job cannot go on; the message is its FailureReason."""


def client(kind: Any, settings: Settings, scope: Scope, credentials: Credentials) -> Any:
    """A boto3 client of the local AWS with these credentials."""
    session = boto3.session.Session()
    session._session.register_component("data_loader", _LOADER)  # boto3 has no public way
    return session.client(kind, endpoint_url=settings.endpoint_url, region_name=scope.region, **credentials)


def carry_out(job: Job, settings: Settings, credentials: Credentials, stop: threading.Event, move: Move) -> None:
    """Download, train, upload; tells each step by `move`, the last one being a terminal status."""
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{job.name}-", dir=settings.work_dir) as root:
        try:
            _steps(job, settings, credentials, stop, move, Path(root))
        except JobFailed as failure:
            move("Failed", failure_reason=str(failure))
        except Exception:
            logger.exception("training job %s", job.name)
            move("Failed", failure_reason=INTERNAL_ERROR)


def _steps(
    job: Job, settings: Settings, credentials: Credentials, stop: threading.Event, move: Move, root: Path
) -> None:
    s3 = client("s3", settings, job.scope, credentials)
    move("Downloading")
    if not is_script_mode(job.request):
        raise JobFailed(NOT_SCRIPT_MODE)
    folders = _download(s3, job, root)
    if stop.is_set():
        move("Stopped")
        return
    move("Training")
    metrics = FinalMetrics(job.request["AlgorithmSpecification"].get("MetricDefinitions", []))
    outcome = _train(job, settings, credentials, stop, folders, metrics)
    _finish(s3, job, folders, outcome, metrics, move)


def _download(s3: "S3Client", job: Job, root: Path) -> Folders:
    folders = prepare(job.request, root)
    try:
        for channel in job.request.get("InputDataConfig", []):
            channels.fetch_channel(s3, channels.channel_uri(channel), folders.channel(channel["ChannelName"]))
    except channels.DataError as error:
        raise JobFailed(f"ClientError: {error}") from error
    archive = root / "sourcedir.tar.gz"
    uri = str(decoded_hyperparameters(job.request)["sagemaker_submit_directory"])
    try:
        channels.fetch_object(s3, *channels.split_uri(uri), archive)
        unpack_code(archive, folders)
    except (ClientError, CodeError) as error:
        # The toolkit fetches the code itself, inside the container: its failure is the algorithm's.
        raise JobFailed(f"AlgorithmError: Framework Error: {error} ({uri}), exit code: 1") from error
    return folders


def _train(
    job: Job,
    settings: Settings,
    credentials: Credentials,
    stop: threading.Event,
    folders: Folders,
    metrics: FinalMetrics,
) -> Outcome:
    logs = client("logs", settings, job.scope, credentials)
    with log_stream(logs, f"{job.name}/algo-1-{int(time.time())}") as lines:

        def on_line(line: str) -> None:
            lines.write(line)
            metrics.read(line)

        return run(
            job.request,
            folders,
            on_line=on_line,
            stop=stop,
            timeout=max_runtime(job.request),
            grace=settings.stop_grace,
            extra_environment={
                "AWS_REGION": job.scope.region,
                "TRAINING_JOB_ARN": job.arn,
                # The script talks to AWS, if at all, as its role does.
                "AWS_ENDPOINT_URL": settings.endpoint_url,
                **{name.upper(): str(value) for name, value in credentials.items() if value is not None},
            },
            die_with_parent=True,
        )


def _finish(s3: "S3Client", job: Job, folders: Folders, outcome: Outcome, metrics: FinalMetrics, move: Move) -> None:
    if not outcome.stopped:
        move("Uploading")
    artifacts = pack(folders)
    output = job.request["OutputDataConfig"]
    base = f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output"
    try:
        if artifacts.output:
            channels.put_artifact(s3, artifacts.output, f"{base}/output.tar.gz", output.get("KmsKeyId"))
        if artifacts.model and outcome.failure_reason is None:
            channels.put_artifact(s3, artifacts.model, f"{base}/model.tar.gz", output.get("KmsKeyId"))
    except channels.DataError as error:
        raise JobFailed(f"ClientError: {error}") from error

    def completed(changed: Job) -> Job:
        model = f"{base}/model.tar.gz" if outcome.failure_reason is None else None
        return replace(changed, metrics=tuple(metrics.final()), model_artifacts=model)

    last = "Stopped" if outcome.stopped else "MaxRuntimeExceeded" if outcome.timed_out else "Completed"
    if outcome.failure_reason is not None:
        last = "Failed"
    move(last, completed, failure_reason=outcome.failure_reason)
