"""Carry out one CreateTrainingJob request under SageMaker's script-mode container contract, in a folder.

The steps are separate, so that a caller can show where it is (Downloading, Training, Uploading):

    folders = prepare(request, root)        # /opt/ml of the container
    ...fetch the channels into folders.channel(name), the code with unpack_code(archive, folders)...
    outcome = run(request, folders, on_line=print)
    artifacts = pack(folders)

Nothing here calls AWS.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from traindrop.script_mode import (
    Folders,
    Request,
    decoded_hyperparameters,
    environment,
    input_config,
    script_arguments,
)

FAILURE_REASON_LENGTH = 1024  # DescribeTrainingJob cuts FailureReason there
STOP_GRACE = 120.0  # seconds between SIGTERM and SIGKILL, as documented for StopTrainingJob

# What the toolkit accepts as an entry point: a plain relative path (process.py, _SAFE_ENTRY_POINT).
_ENTRY_POINT = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*\.py")
# Not the script's business: the caller's credentials, and what another container left.
_NOT_INHERITED = ("AWS_", "SM_", "SAGEMAKER_", "TRAINING_JOB_")
# Exec'd before the script (prctl 1 is PR_SET_PDEATHSIG): the kernel ends it when whoever started it is killed
# without a chance to clean up. A preexec_fn would do the same, but is not safe in a process with threads.
_TIE_TO_PARENT = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"


class CodeError(Exception):
    """The code archive cannot be used."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    `exit_code` is the script's own, negative when a signal ended it. `failure_reason` is worded as in
    DescribeTrainingJob and None unless the script failed by itself. `stopped`: the caller's stop event
    ended it; `timed_out`: the time limit did. `seconds`: wall time of the script.
    """

    exit_code: int
    failure_reason: str | None
    stopped: bool
    timed_out: bool
    seconds: float


@dataclass(frozen=True)
class Artifacts:
    """The packed results; None where the script left nothing to pack."""

    model: Path | None
    output: Path | None


def prepare(request: Request, root: Path) -> Folders:
    """Make the container's folders under `root` and write the files of `input/config`."""
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
    for name, content in input_config(request).items():
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
    *,
    on_line: Callable[[str], None],
    stop: threading.Event | None = None,
    timeout: float | None = None,
    grace: float = STOP_GRACE,
    extra_environment: Mapping[str, str] | None = None,
    die_with_parent: bool = False,
) -> Outcome:
    """Run the request's script until it ends, is stopped, or `timeout` seconds have passed.

    `on_line` gets each line of standard output and error, without its line end, from another thread. The
    stop event and the time limit send SIGTERM to the script's process group, then SIGKILL after `grace`
    seconds. The script inherits the caller's environment without its AWS_* variables: whoever wants it to
    have credentials passes them in `extra_environment`, which wins over all else. `die_with_parent` (Linux
    only) has the kernel kill it with the thread that called this.
    """
    program = str(decoded_hyperparameters(request)["sagemaker_program"])
    if not _ENTRY_POINT.fullmatch(program) or ".." in program.split("/"):
        reason = f"The training entry point {program!r} cannot be used: expected the relative path of a .py file"
        return Outcome(1, _algorithm_error(reason), stopped=False, timed_out=False, seconds=0.0)
    command = [sys.executable, "--", program, *script_arguments(request)]
    tie = [sys.executable, "-ISc", _TIE_TO_PARENT] if die_with_parent and sys.platform == "linux" else []
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - running the person's script is the purpose
        [*tie, *command],
        cwd=folders.code,
        env=_inherited() | environment(request, folders) | dict(extra_environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    ended_by = _watch(process, on_line, stop or threading.Event(), timeout, grace)
    reason_or_none = None if ended_by or process.returncode == 0 else _reason(folders, process.returncode, command)
    seconds = time.monotonic() - started
    return Outcome(process.returncode, reason_or_none, ended_by == "stop", ended_by == "timeout", seconds)


def pack(folders: Folders) -> Artifacts:
    """Pack model/ into model.tar.gz and output/data/ into output.tar.gz, both under `folders.root`."""
    return Artifacts(
        model=_packed(folders.model, folders.root / "model.tar.gz"),
        output=_packed(folders.output_data, folders.root / "output.tar.gz"),
    )


def _watch(
    process: subprocess.Popen[bytes],
    on_line: Callable[[str], None],
    stop: threading.Event,
    timeout: float | None,
    grace: float,
) -> str | None:
    """Forward lines until the process has ended; says what ended it: "stop", "timeout" or None."""
    reader = threading.Thread(target=_forward, args=(process, on_line), daemon=True)
    reader.start()
    limit = float("inf") if timeout is None else time.monotonic() + timeout
    ended_by, kill_at = None, float("inf")
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            break
        now = time.monotonic()
        if ended_by is None and (stop.is_set() or now >= limit):
            ended_by = "stop" if stop.is_set() else "timeout"
            kill_at = now + grace
            _signal_group(process.pid, signal.SIGTERM)
        elif now >= kill_at:
            kill_at = float("inf")
            _signal_group(process.pid, signal.SIGKILL)
    # Children that the script left behind would hold the pipe open and write into what is being packed.
    _signal_group(process.pid, signal.SIGKILL)
    reader.join(timeout=5)  # not for ever: a child in a session of its own may hold the pipe
    return ended_by


def _forward(process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> None:
    if process.stdout is not None:
        with process.stdout as lines:
            for line in lines:
                on_line(line.decode("utf-8", errors="replace").rstrip("\r\n"))


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it is gone; macOS says PermissionError
        os.killpg(group, number)


def _inherited() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_INHERITED)}
    # Spinning OpenMP threads made a training of 0.3 s take 5 s on a busy machine.
    threads = str(os.cpu_count() or 1)
    return {"OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"} | kept


def _reason(folders: Folders, code: int, command: Sequence[str]) -> str:
    if folders.failure.is_file():  # the toolkit keeps what the script wrote (files.py, write_failure_file)
        return _algorithm_error(folders.failure.read_text(encoding="utf-8", errors="replace"))
    shown = " ".join(["python3", *command[1:]])
    return _algorithm_error(f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage ""\nCommand "{shown}"')


def _algorithm_error(text: str) -> str:
    # The container's own exit code, 1 for every failing script (trainer.py, DEFAULT_FAILURE_CODE).
    ending = ", exit code: 1"
    return f"AlgorithmError: {text}"[: FAILURE_REASON_LENGTH - len(ending)] + ending


def _packed(folder: Path, archive: Path) -> Path | None:
    entries = sorted(folder.iterdir())
    if not entries:
        return None
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for entry in entries:
            tar.add(entry, arcname=entry.name)
    return archive
