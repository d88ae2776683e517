"""One training job from Downloading to its end, in the thread that calls `carry_out`."""

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from traindrop import job_files
from traindrop.container import Outcome
from traindrop.final_metrics import FinalMetrics, definitions_of
from traindrop.instances import Instance
from traindrop.job_files import JobFailed
from traindrop.job_state import INTERNAL_ERROR, JobState, instance_count, last_status, max_runtime, max_wait
from traindrop.packing import Artifacts, VolumeFull, pack
from traindrop_cli.local.sagemaker import attempt
from traindrop_cli.local.sagemaker.attempt import Machine
from traindrop_cli.local.sagemaker.hosts import was_killed
from traindrop_cli.local.sagemaker.loopback import NoAddresses, loopback_instances
from traindrop_cli.local.sagemaker.surroundings import Credentials, Settings
from traindrop_cli.local.sagemaker.task import Listen, Move, Task
from traindrop_cli.local.sagemaker.volume import volume_bytes

logger = logging.getLogger(__name__)

# How often a spot job gets other instances. SageMaker has no such limit, but here somebody kills the script each time.
RESTARTS = 3


def carry_out(
    job: JobState,
    settings: Settings,
    credentials: Credentials,
    stop: threading.Event,
    move: Move,
    listen: Listen | None = None,
) -> None:
    """Download, train, upload; tells each step by `move`, the last one being a terminal status."""
    task = Task(job, settings, credentials, stop, move, listen)
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{job.name}-", dir=settings.work_dir, ignore_cleanup_errors=True) as root:
        try:
            with loopback_instances(instance_count(job.request)) as instances:
                _attempts(task, instances, Path(root))
        except JobFailed as failure:
            move("Failed", failure_reason=str(failure))
        except NoAddresses as error:
            move("Failed", failure_reason=f"ClientError: The local SageMaker cannot run this job: {error}.")
        except Exception:
            logger.exception("training job %s", job.name)
            move("Failed", failure_reason=INTERNAL_ERROR)


def _attempts(task: Task, instances: Sequence[Instance], root: Path) -> None:
    """Attempt the job, and a spot job that is interrupted once more on other instances, with its checkpoints."""
    request = task.job.request
    metrics = FinalMetrics(definitions_of(request))
    patience = time.monotonic() + max_wait(request) - (time.time() - task.job.created)
    seconds_left = float(max_runtime(request))
    for number in range(1 + RESTARTS):
        if time.monotonic() >= patience or task.stop.is_set():
            task.move("Stopped" if task.stop.is_set() else "MaxWaitTimeExceeded")
            return
        task.move("Downloading")
        runner = attempt.runner_of(task)
        this = attempt.fetch(task, instances, root / str(number))
        if task.stop.is_set():
            task.move("Stopped")
            return
        task.move("Training")
        deadline = min(time.monotonic() + seconds_left, patience)
        outcome = attempt.train(task, this, runner, metrics, deadline)
        if not (request.get("EnableManagedSpotTraining") and was_killed(outcome)) or number == RESTARTS:
            limit = "MaxWaitTimeExceeded" if deadline == patience else "MaxRuntimeExceeded"
            _finish(task, this.machines, outcome, metrics, limit)
            return
        # The time of all attempts together is limited.
        seconds_left -= outcome.seconds
        task.move("Interrupted")
        shutil.rmtree(root / str(number), ignore_errors=True)
        task.move("Starting")


def _finish(task: Task, machines: Sequence[Machine], outcome: Outcome, metrics: FinalMetrics, limit: str) -> None:
    """Upload what the instances left and end the job; `limit` is the status of a job that ran out of time."""
    if not outcome.stopped:
        task.move("Uploading")
    model = _upload(task, machines, with_model=outcome.failure_reason is None)

    def completed(changed: JobState) -> JobState:
        return replace(changed, metrics=tuple(metrics.final()), model_artifacts=model)

    task.move(last_status(outcome, limit), completed, failure_reason=outcome.failure_reason)


def _upload(task: Task, machines: Sequence[Machine], *, with_model: bool) -> str | None:
    """Put model and output where the job says; the address of the model."""
    return job_files.deliver(task.client("s3"), task.job.request, _packed(task.job, machines), with_model=with_model)


def _packed(job: JobState, machines: Sequence[Machine]) -> Artifacts:
    folders = [machine.folders for machine in machines]
    try:
        return pack(folders, folders[0].root, volume_bytes(job.request))
    except VolumeFull as error:
        # Its words: https://github.com/huggingface/blog/issues/114
        raise JobFailed(f"ClientError: Artifact upload failed:Insufficient disk space ({error})") from error
