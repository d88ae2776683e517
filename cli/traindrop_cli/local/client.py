"""Start and end a local AWS from another process."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from traindrop_cli.local.settings import ACCESS_KEY, REGION, SECRET_KEY, LocalSettings

START_SECONDS = 20.0
STOP_SECONDS = 5.0
SHOWN_LINES = 20


class LocalAwsError(Exception):
    """The local AWS did not start; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS; a context manager that ends it. It also ends when the process that started it does."""

    endpoint_url: str
    log_file: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls, settings: LocalSettings | None = None, *, log_file: Path | None = None, outlive_parent: bool = False
    ) -> "LocalAws":
        """Start one and wait until it answers; LocalAwsError where it does not.

        What it and its handlers print goes to `log_file`, by default a file in the folder for temporary files.
        With `outlive_parent` it runs on when this process ends, until SIGTERM.
        """
        log = log_file or Path(tempfile.mkstemp(prefix="traindrop-local-", suffix=".log")[1])
        with tempfile.TemporaryDirectory(prefix="traindrop-") as folder, log.open("ab") as output:
            ready_file = Path(folder) / "ready.json"
            process = _spawn(settings or LocalSettings(), ready_file, output, outlive_parent=outlive_parent)
            try:
                endpoint_url = _wait_until_ready(process, ready_file, log)
            except BaseException:
                _end(process)
                raise
        return cls(endpoint_url, log, process)

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which boto3, the AWS CLI and SAM talk to this local AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
        }

    def stop(self) -> None:
        """End it and every process that it started."""
        _end(self.process)

    def __enter__(self) -> "LocalAws":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _spawn(
    settings: LocalSettings, ready_file: Path, output: IO[bytes], *, outlive_parent: bool
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "traindrop_cli.local", "--ready-file", str(ready_file), *_options(settings)]
    if not outlive_parent:
        command.append("--end-with-stdin")
    return subprocess.Popen(  # noqa: S603 - our own module
        command,
        # Never written: its end tells the server that we are gone.
        stdin=subprocess.DEVNULL if outlive_parent else subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,  # a group of its own, and no Ctrl-C meant for us
    )


def _options(settings: LocalSettings) -> Iterator[str]:
    yield f"--host={settings.host}"
    yield f"--port={settings.port}"
    yield f"--retry-seconds={settings.retry_seconds}"
    yield f"--concurrent-invocations={settings.concurrent_invocations}"
    yield f"--concurrent-jobs={settings.concurrent_jobs}"
    yield f"--event-copies={settings.event_copies}"
    yield f"--stop-grace={settings.stop_grace}"
    yield f"--log-level={settings.log_level}"
    for kind, number in settings.quotas.items():
        yield f"--quota={kind}={number}"
    if settings.state_dir is not None:
        yield f"--state-dir={settings.state_dir}"
    if settings.calls_file is not None:
        yield f"--calls-file={settings.calls_file}"
    if settings.grants_file is not None:
        yield f"--grants-file={settings.grants_file}"
    if not settings.enforce_iam:
        yield "--no-iam"


def _wait_until_ready(process: subprocess.Popen[bytes], ready_file: Path, log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ready_file.exists():
            return str(json.loads(ready_file.read_text(encoding="utf-8"))["endpoint_url"])
        if process.poll() is not None:
            raise LocalAwsError(f"The local AWS ended with exit status {process.returncode}.\n{_tail(log)}")
        time.sleep(0.01)
    raise LocalAwsError(f"The local AWS did not answer within {START_SECONDS:.0f} s.\n{_tail(log)}")


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([f"The last lines of {log}:", *lines[-SHOWN_LINES:]])


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # handlers may be left; macOS: PermissionError
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
