"""Carry out one CreateTrainingJob request under SageMaker's script-mode container contract, in a folder.

The steps are separate, so that a caller can show where it is (Downloading, Training, Uploading):

    folders = prepare(request, root)        # /opt/ml of the container
    ...fetch the channels into folders.channel(name), the code with unpack_code(archive, folders)...
    outcome = run(request, folders, Supervision(on_line=print))

On several instances each has folders of its own. Nothing here calls AWS.
"""

import json
import os
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from traindrop.instances import ONLY, Instance
from traindrop.process import Supervision, supervise
from traindrop.script_mode import Folders, Request, environment, input_config
from traindrop.steps import EntryPointError, Step, script_steps

FAILURE_REASON_LENGTH = 1024  # DescribeTrainingJob cuts FailureReason there

# Not the script's business: the caller's credentials, and what another container left.
_NOT_INHERITED = ("AWS_", "SM_", "SAGEMAKER_", "TRAINING_JOB_", "TRAINDROP_")


class CodeError(Exception):
    """The code archive cannot be used."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    `exit_code` is the script's own, negative when a signal ended it. `failure_reason` is worded as in
    DescribeTrainingJob and None unless the script failed by itself. `stopped`: the caller's stop event
    ended it; `timed_out`: the deadline did. `seconds`: wall time of the script.
    """

    exit_code: int
    failure_reason: str | None
    stopped: bool
    timed_out: bool
    seconds: float


def prepare(request: Request, root: Path, instance: Instance = ONLY) -> Folders:
    """Make the folders of an instance's container under `root` and write the files of `input/config`."""
    folders = Folders(root.resolve())
    channels = [folders.channel(channel["ChannelName"]) for channel in request.get("InputDataConfig", [])]
    for folder in (
        folders.code,
        folders.model,
        folders.config,
        folders.output_data,
        folders.intermediate,
        *channels,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in input_config(request, instance).items():
        (folders.config / name).write_text(json.dumps(content), encoding="utf-8")
    return folders


def unpack_code(archive: Path, folders: Folders) -> None:
    """Extract sourcedir.tar.gz into the code folder; CodeError where it is none or would leave the folder."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(folders.code, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CodeError(f"cannot extract {archive.name}: {error}") from error


def run(
    request: Request,
    folders: Folders,
    supervision: Supervision,
    *,
    instance: Instance = ONLY,
    extra_environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run the request's script on one instance, after its requirements.txt, until it ends or its supervision ends it.

    The script inherits the caller's environment without its AWS_* variables: whoever wants it to have credentials
    passes them in `extra_environment`, which wins over all else.
    """
    started = time.monotonic()
    try:
        steps = script_steps(request, folders)
    except EntryPointError as error:
        return Outcome(1, _algorithm_error(str(error)), stopped=False, timed_out=False, seconds=0.0)
    variables = _inherited(instance) | environment(request, folders, instance) | dict(extra_environment or {})
    packages = [str(folders.packages), *filter(None, [variables.get("PYTHONPATH")])]
    variables["PYTHONPATH"] = os.pathsep.join(packages)
    for step in steps:
        ended = supervise(step.command, supervision, cwd=folders.code, env=variables)
        if ended.by or ended.code:
            break
    return Outcome(
        ended.code,
        _reason(folders, step, ended.code) if ended.by is None and ended.code else None,
        stopped=ended.by == "stop",
        timed_out=ended.by == "deadline",
        seconds=time.monotonic() - started,
    )


def _inherited(instance: Instance) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_INHERITED)}
    # Spinning OpenMP threads made a training of 0.3 s take 5 s on a busy machine. The instances of a job share one.
    threads = str(max(1, (os.cpu_count() or 1) // len(instance.hosts)))
    return {"OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"} | kept


def _reason(folders: Folders, step: Step, code: int) -> str:
    if folders.failure.is_file():  # the toolkit keeps what the script wrote (files.py, write_failure_file)
        return _algorithm_error(folders.failure.read_text(encoding="utf-8", errors="replace"))
    return _algorithm_error(step.failure(code))


def _algorithm_error(text: str) -> str:
    # The container's own exit code, 1 for every failing script (trainer.py, DEFAULT_FAILURE_CODE).
    ending = ", exit code: 1"
    return f"AlgorithmError: {text}"[: FAILURE_REASON_LENGTH - len(ending)] + ending
