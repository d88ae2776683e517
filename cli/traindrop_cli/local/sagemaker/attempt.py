"""One attempt at a training job on fresh instances: what they need is fetched, and they run until their end."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from traindrop import channels, job_files
from traindrop.container import Outcome, algorithm_error, run
from traindrop.final_metrics import FinalMetrics
from traindrop.folders import Folders
from traindrop.instances import Instance
from traindrop.job_files import JobFailed
from traindrop.log_stream import log_stream
from traindrop.process import Supervision
from traindrop.steps import needs_its_image
from traindrop_cli.local.sagemaker.checkpoints import CheckpointCopy, checkpoint_uri, copied_meanwhile
from traindrop_cli.local.sagemaker.docker_engine import DockerEngine, NoDocker
from traindrop_cli.local.sagemaker.hosts import Part, run_together
from traindrop_cli.local.sagemaker.task import Task
from traindrop_cli.local.sagemaker.volume import volume_bytes, watched


@dataclass(frozen=True)
class Machine:
    """One instance of the job and its container's folders."""

    instance: Instance
    folders: Folders


# Runs what the request asks for on one machine: with these variables, under this supervision.
Runner = Callable[[Machine, Mapping[str, str], Supervision], Outcome]


@dataclass(frozen=True)
class Attempt:
    """Its machines, and their checkpoints where the job has any."""

    machines: Sequence[Machine]
    checkpoints: CheckpointCopy | None


def runner_of(task: Task) -> Runner:
    """Who runs the job: this machine's Python, or its Docker; raises `JobFailed` where neither can."""
    request = task.job.request
    if not needs_its_image(request):
        return lambda machine, variables, supervision: run(
            request, machine.folders, supervision, instance=machine.instance, extra_environment=variables
        )
    image = request["AlgorithmSpecification"].get("TrainingImage")
    if image is None:
        raise JobFailed("ClientError: The local SageMaker has no algorithm resources: name a TrainingImage.")
    try:
        engine = DockerEngine.of_this_machine(task.settings.docker_host)
    except NoDocker as problem:
        raise JobFailed(
            f"ClientError: Without AWS the image {image} needs Docker, and {problem}. Start it, or get it from "
            "https://docs.docker.com/get-docker/. SageMaker's framework images with a script run without it."
        ) from None
    return lambda machine, variables, supervision: engine.run(request, machine.folders, variables, supervision)


def fetch(task: Task, instances: Sequence[Instance], root: Path) -> Attempt:
    """Make the instances' folders under `root` and fill them; raises `JobFailed`."""
    request, s3 = task.job.request, task.client("s3")
    machines = [Machine(each, job_files.fetch(s3, request, root / f"algo-{each.number}", each)) for each in instances]
    uri = checkpoint_uri(request)
    if uri is None:
        return Attempt(machines, None)
    checkpoints = CheckpointCopy(s3, uri, [machine.folders.checkpoints for machine in machines])
    try:
        checkpoints.fetch()
    except channels.DataError as error:
        raise JobFailed(f"ClientError: {error}") from error
    return Attempt(machines, checkpoints)


def train(task: Task, attempt: Attempt, runner: Runner, metrics: FinalMetrics, deadline: float) -> Outcome:
    """Run all instances to their end. `deadline` is of `time.monotonic`. Raises `JobFailed`."""
    logs, now = task.client("logs"), int(time.time())
    volume, roots = volume_bytes(task.job.request), [machine.folders.root for machine in attempt.machines]
    with ExitStack() as streams, copied_meanwhile(attempt.checkpoints), watched(roots, volume) as full:

        def part(machine: Machine) -> Part:
            name = f"{task.job.name}/algo-{machine.instance.number}-{now}"
            lines = streams.enter_context(log_stream(logs, name))

            def on_line(line: str) -> None:
                lines.write(line)
                metrics.read(line)
                if task.listen is not None:
                    task.listen(line)

            def run_here(halt: threading.Event) -> Outcome:
                supervision = Supervision(on_line, halt, deadline, task.settings.stop_grace, die_with_parent=True)
                return runner(machine, _variables(task, machine), supervision)

            return run_here

        outcome = run_together([part(machine) for machine in attempt.machines], task.stop, full)
    if full.is_set():
        # What the script itself would have met, in a container with a disk of its own.
        size = f"the volume of {volume / 2**30:g} GB (VolumeSizeInGB) is full"
        raise JobFailed(algorithm_error(f"OSError: [Errno 28] No space left on device: {size}"))
    if outcome.failure_reason is None and attempt.checkpoints and attempt.checkpoints.error:
        raise JobFailed(attempt.checkpoints.error)
    return outcome


def _variables(task: Task, machine: Machine) -> dict[str, str]:
    has_checkpoints = "CheckpointConfig" in task.job.request
    # The script talks to AWS, if at all, as its role does. An isolated one is told of neither: that it has no network
    # at all is more than a process of this machine can be made to.
    aws = {"AWS_ENDPOINT_URL": task.settings.endpoint_url}
    aws |= {name.upper(): str(value) for name, value in task.credentials.items() if value is not None}
    return {
        "AWS_REGION": task.job.scope.region,
        "TRAINING_JOB_ARN": task.job.arn,
        **({} if task.job.request.get("EnableNetworkIsolation") else aws),
        **({"TRAINDROP_CHECKPOINT_DIR": str(machine.folders.checkpoints)} if has_checkpoints else {}),
    }
