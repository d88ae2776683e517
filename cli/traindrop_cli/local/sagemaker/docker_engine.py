"""A job's own image, run by a Docker engine of this machine under SageMaker's contract.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from traindrop.container import Outcome, algorithm_error
from traindrop.folders import Folders
from traindrop.process import Ended, Supervision, supervise
from traindrop.script_mode import Request
from traindrop_cli.local.sagemaker.checkpoints import CONTAINER_PATH

ANSWER_SECONDS = 20
_KILLED = 128 + signal.SIGKILL  # how `docker run` reports a container that was killed


class NoDocker(Exception):
    """No engine answers; the message says why."""


@dataclass(frozen=True)
class DockerEngine:
    """`cli` is the path of the command docker, `env` the environment that it finds its engine in."""

    cli: str
    env: Mapping[str, str]

    @classmethod
    def of_this_machine(cls, host: str | None) -> "DockerEngine":
        """The engine at `host` (as in DOCKER_HOST), or the default one; raises `NoDocker` where none answers."""
        cli = shutil.which("docker")
        if cli is None:
            raise NoDocker("there is no command docker on the path")
        others = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}
        engine = cls(cli, others | ({"DOCKER_HOST": host} if host else {}))
        try:
            done = engine._call("info", "--format", "{{.ServerVersion}}", timeout=ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            raise NoDocker(f"no engine answered within {ANSWER_SECONDS} seconds") from None
        if done.returncode != 0 or not done.stdout.strip():
            raise NoDocker((done.stderr or done.stdout).strip().rpartition("\n")[2])
        return engine

    def run(
        self, request: Request, folders: Folders, variables: Mapping[str, str], supervision: Supervision
    ) -> Outcome:
        """Run the image's `train`, or the entry point that the request names, until it ends or its supervision ends
        it. `variables` come beside the request's own Environment."""
        started = time.monotonic()
        name = f"{request['TrainingJobName']}-{uuid.uuid4().hex[:8]}"
        command = [self.cli, *run_arguments(request, folders, name, variables)]
        complaints: list[str] = []

        def on_line(line: str) -> None:
            if line.startswith("docker: "):
                complaints.append(line.removeprefix("docker: "))
            supervision.on_line(line)

        with self._removed_at_the_end(name):
            # The client hands SIGTERM on to the container. SIGKILL ends the client alone, hence the block.
            ended = supervise(command, replace(supervision, on_line=on_line), cwd=folders.root, env=self.env)
        if sys.platform == "linux" and os.getuid() != 0:
            self._give_back(request, folders)
        return Outcome(
            -signal.SIGKILL if ended.code == _KILLED else ended.code,
            _reason(request, folders, ended, complaints),
            stopped=ended.by == "stop",
            timed_out=ended.by == "deadline",
            seconds=time.monotonic() - started,
        )

    def _call(self, *arguments: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the engine's own command line
            [self.cli, *arguments], env=self.env, capture_output=True, text=True, check=False, timeout=timeout
        )

    @contextmanager
    def _removed_at_the_end(self, name: str) -> Iterator[None]:
        """The container outlives neither this block nor this process: the pipe closes whatever ends it."""
        guard = subprocess.Popen(  # noqa: S603 - the engine's own command line
            ["/bin/sh", "-c", 'cat; exec "$0" rm --force "$1"', self.cli, name],
            env=self.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield
        finally:
            guard.communicate()

    def _give_back(self, request: Request, folders: Folders) -> None:
        """Make what the container wrote as root the caller's, if the image has a chown."""
        image, owner = request["AlgorithmSpecification"]["TrainingImage"], f"{os.getuid()}:{os.getgid()}"
        self._call("run", "--rm", f"--volume={folders.root}:/ml", "--entrypoint=chown", image, "-R", owner, "/ml")


def run_arguments(request: Request, folders: Folders, name: str, variables: Mapping[str, str]) -> list[str]:
    """The arguments of docker that run the request's image as SageMaker does."""
    algorithm = request["AlgorithmSpecification"]
    # Not /opt/ml as a whole: an image may have its code in /opt/ml/code.
    mounts = {str(folders.root / part): f"/opt/ml/{part}" for part in ("input", "model", "output")}
    variables = {**request.get("Environment", {}), **variables, "TRAINING_JOB_NAME": request["TrainingJobName"]}
    if "CheckpointConfig" in request:
        path = request["CheckpointConfig"].get("LocalPath", CONTAINER_PATH)
        mounts[str(folders.checkpoints)] = path
        variables["TRAINDROP_CHECKPOINT_DIR"] = path
    network = ["--network=none"] if request.get("EnableNetworkIsolation") else []
    if not network and sys.platform == "linux":
        network = ["--network=host"]  # as the host it reaches the local AWS and the job's other instances
    elif not network:
        local = variables.get("AWS_ENDPOINT_URL", "")
        variables["AWS_ENDPOINT_URL"] = local.replace("127.0.0.1", "host.docker.internal")
    entry_point, arguments = algorithm.get("ContainerEntrypoint", []), algorithm.get("ContainerArguments", [])
    return [
        "run",
        "--rm",
        f"--name={name}",
        *network,
        *(f"--volume={source}:{target}" for source, target in mounts.items()),
        *(f"--env={key}={value}" for key, value in variables.items()),
        *(f"--entrypoint={program}" for program in entry_point[:1]),
        algorithm["TrainingImage"],
        *entry_point[1:],
        *(arguments or ([] if entry_point else ["train"])),
    ]


def _reason(request: Request, folders: Folders, ended: Ended, complaints: list[str]) -> str | None:
    if ended.by or not ended.code:
        return None
    if complaints:
        image = request["AlgorithmSpecification"]["TrainingImage"]
        return (
            "ClientError: CannotStartContainerError. Please make sure the container can be run with "
            f"'docker run {image} train'. {complaints[-1]}"
        )
    written = folders.failure.read_text(encoding="utf-8", errors="replace") if folders.failure.is_file() else ""
    return algorithm_error(written, ended.code)
