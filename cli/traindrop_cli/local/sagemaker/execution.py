"""One training job from Downloading to its end, in the thread that calls `carry_out`."""

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from traindrop.container import CodeError, Outcome, prepare, run, unpack_code
from traindrop.instances import Instance
from traindrop.packing import Artifacts, VolumeFull, pack
from traindrop.process import Supervision
from traindrop.script_mode import Folders, decoded_hyperparameters, is_script_mode
from traindrop_cli.local.sagemaker import channels
from traindrop_cli.local.sagemaker.hosts import Part, run_together
from traindrop_cli.local.sagemaker.jobs import Job, instance_count, max_runtime
from traindrop_cli.local.sagemaker.logs import log_stream
from traindrop_cli.local.sagemaker.loopback import NoAddresses, loopback_instances
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


@dataclass(frozen=True)
class Task:
    """A job that is carried out, as whom, and how to end it and to tell of it."""

    job: Job
    settings: Settings
    credentials: Credentials
    stop: threading.Event
    move: Move

    def client(self, kind: Any) -> Any:
        return client(kind, self.settings, self.job.scope, self.credentials)


@dataclass(frozen=True)
class Machine:
    """One instance of the job and its container's folders."""

    instance: Instance
    folders: Folders


def client(kind: Any, settings: Settings, scope: Scope, credentials: Credentials) -> Any:
    """A boto3 client of the local AWS with these credentials."""
    session = boto3.session.Session()
    session._session.register_component("data_loader", _LOADER)  # boto3 has no public way
    return session.client(kind, endpoint_url=settings.endpoint_url, region_name=scope.region, **credentials)


def carry_out(job: Job, settings: Settings, credentials: Credentials, stop: threading.Event, move: Move) -> None:
    """Download, train, upload; tells each step by `move`, the last one being a terminal status."""
    task = Task(job, settings, credentials, stop, move)
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{job.name}-", dir=settings.work_dir) as root:
        try:
            with loopback_instances(instance_count(job.request)) as instances:
                _steps(task, instances, Path(root))
        except JobFailed as failure:
            move("Failed", failure_reason=str(failure))
        except NoAddresses as error:
            move("Failed", failure_reason=f"ClientError: The local SageMaker cannot run this job: {error}.")
        except Exception:
            logger.exception("training job %s", job.name)
            move("Failed", failure_reason=INTERNAL_ERROR)


def _steps(task: Task, instances: Sequence[Instance], root: Path) -> None:
    s3 = task.client("s3")
    task.move("Downloading")
    if not is_script_mode(task.job.request):
        raise JobFailed(NOT_SCRIPT_MODE)
    machines = [_download(s3, task.job, root / f"algo-{each.number}", each) for each in instances]
    if task.stop.is_set():
        task.move("Stopped")
        return
    task.move("Training")
    metrics = FinalMetrics(task.job.request["AlgorithmSpecification"].get("MetricDefinitions", []))
    outcome = _train(task, machines, metrics)
    _finish(s3, task, outcome, lambda: _packed(task.job, machines, root), metrics)


def _download(s3: "S3Client", job: Job, root: Path, instance: Instance) -> Machine:
    folders = prepare(job.request, root, instance)
    try:
        for channel in job.request.get("InputDataConfig", []):
            channels.fetch_channel(s3, channel, folders.channel(channel["ChannelName"]), instance)
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
    return Machine(instance, folders)


def _train(task: Task, machines: Sequence[Machine], metrics: FinalMetrics) -> Outcome:
    logs, now = task.client("logs"), int(time.time())
    deadline = time.monotonic() + max_runtime(task.job.request)
    with ExitStack() as streams:

        def part(machine: Machine) -> Part:
            lines = streams.enter_context(log_stream(logs, f"{task.job.name}/algo-{machine.instance.number}-{now}"))

            def on_line(line: str) -> None:
                lines.write(line)
                metrics.read(line)

            def run_here(halt: threading.Event) -> Outcome:
                supervision = Supervision(on_line, halt, deadline, task.settings.stop_grace, die_with_parent=True)
                return run(
                    task.job.request,
                    machine.folders,
                    supervision,
                    instance=machine.instance,
                    extra_environment=_variables(task),
                )

            return run_here

        return run_together([part(machine) for machine in machines], task.stop)


def _variables(task: Task) -> dict[str, str]:
    return {
        "AWS_REGION": task.job.scope.region,
        "TRAINING_JOB_ARN": task.job.arn,
        # The script talks to AWS, if at all, as its role does.
        "AWS_ENDPOINT_URL": task.settings.endpoint_url,
        **{name.upper(): str(value) for name, value in task.credentials.items() if value is not None},
    }


def _packed(job: Job, machines: Sequence[Machine], root: Path) -> Artifacts:
    volume = job.request["ResourceConfig"].get("VolumeSizeInGB", float("inf")) * 2**30
    try:
        return pack([machine.folders for machine in machines], root, volume)
    except VolumeFull as error:
        # Its words: https://github.com/huggingface/blog/issues/114
        raise JobFailed(f"ClientError: Artifact upload failed:Insufficient disk space ({error})") from error


def _finish(
    s3: "S3Client", task: Task, outcome: Outcome, packed: Callable[[], Artifacts], metrics: FinalMetrics
) -> None:
    if not outcome.stopped:
        task.move("Uploading")
    artifacts = packed()
    output = task.job.request["OutputDataConfig"]
    base = f"{output['S3OutputPath'].rstrip('/')}/{task.job.name}/output"
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
    task.move(last, completed, failure_reason=outcome.failure_reason)
