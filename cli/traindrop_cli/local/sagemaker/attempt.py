"""One attempt at a training job on fresh instances: what they need is fetched, and they run until their end."""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from traindrop.container import CodeError, Outcome, prepare, run, unpack_code
from traindrop.instances import Instance
from traindrop.process import Supervision
from traindrop.script_mode import Folders, decoded_hyperparameters
from traindrop_cli.local.sagemaker import channels
from traindrop_cli.local.sagemaker.checkpoints import CheckpointCopy, checkpoint_uri, copied_meanwhile
from traindrop_cli.local.sagemaker.hosts import Part, run_together
from traindrop_cli.local.sagemaker.logs import log_stream
from traindrop_cli.local.sagemaker.metrics import FinalMetrics
from traindrop_cli.local.sagemaker.task import JobFailed, Task


@dataclass(frozen=True)
class Machine:
    """One instance of the job and its container's folders."""

    instance: Instance
    folders: Folders


@dataclass(frozen=True)
class Attempt:
    """Its machines, and their checkpoints where the job has any."""

    machines: Sequence[Machine]
    checkpoints: CheckpointCopy | None


def fetch(task: Task, instances: Sequence[Instance], root: Path) -> Attempt:
    """Make the instances' folders under `root` and fill them; raises `JobFailed`."""
    machines = [_fetched(task, root / f"algo-{each.number}", each) for each in instances]
    uri = checkpoint_uri(task.job.request)
    if uri is None:
        return Attempt(machines, None)
    checkpoints = CheckpointCopy(task.client("s3"), uri, [machine.folders.checkpoints for machine in machines])
    try:
        checkpoints.fetch()
    except channels.DataError as error:
        raise JobFailed(f"ClientError: {error}") from error
    return Attempt(machines, checkpoints)


def train(task: Task, attempt: Attempt, metrics: FinalMetrics, deadline: float) -> Outcome:
    """Run all instances to their end. `deadline` is of `time.monotonic`. Raises `JobFailed`."""
    logs, now = task.client("logs"), int(time.time())
    with ExitStack() as streams, copied_meanwhile(attempt.checkpoints):

        def part(machine: Machine) -> Part:
            name = f"{task.job.name}/algo-{machine.instance.number}-{now}"
            lines = streams.enter_context(log_stream(logs, name))

            def on_line(line: str) -> None:
                lines.write(line)
                metrics.read(line)

            def run_here(halt: threading.Event) -> Outcome:
                supervision = Supervision(on_line, halt, deadline, task.settings.stop_grace, die_with_parent=True)
                return _run(task, machine, supervision)

            return run_here

        outcome = run_together([part(machine) for machine in attempt.machines], task.stop)
    if outcome.failure_reason is None and attempt.checkpoints and attempt.checkpoints.error:
        raise JobFailed(attempt.checkpoints.error)
    return outcome


def _fetched(task: Task, root: Path, instance: Instance) -> Machine:
    s3, request = task.client("s3"), task.job.request
    folders = prepare(request, root, instance)
    try:
        for channel in request.get("InputDataConfig", []):
            channels.fetch_channel(s3, channel, folders.channel(channel["ChannelName"]), instance)
    except channels.DataError as error:
        raise JobFailed(f"ClientError: {error}") from error
    archive = root / "sourcedir.tar.gz"
    uri = str(decoded_hyperparameters(request)["sagemaker_submit_directory"])
    try:
        channels.fetch_object(s3, *channels.split_uri(uri), archive)
        unpack_code(archive, folders)
    except (ClientError, CodeError) as error:
        # The toolkit fetches the code itself, inside the container: its failure is the algorithm's.
        raise JobFailed(f"AlgorithmError: Framework Error: {error} ({uri}), exit code: 1") from error
    return Machine(instance, folders)


def _run(task: Task, machine: Machine, supervision: Supervision) -> Outcome:
    variables = _variables(task, machine)
    return run(task.job.request, machine.folders, supervision, instance=machine.instance, extra_environment=variables)


def _variables(task: Task, machine: Machine) -> dict[str, str]:
    has_checkpoints = "CheckpointConfig" in task.job.request
    return {
        "AWS_REGION": task.job.scope.region,
        "TRAINING_JOB_ARN": task.job.arn,
        # The script talks to AWS, if at all, as its role does.
        "AWS_ENDPOINT_URL": task.settings.endpoint_url,
        **{name.upper(): str(value) for name, value in task.credentials.items() if value is not None},
        **({"TRAINDROP_CHECKPOINT_DIR": str(machine.folders.checkpoints)} if has_checkpoints else {}),
    }
