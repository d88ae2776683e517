"""The trainer: a CreateTrainingJob request, carried out inside a Lambda function as SageMaker would."""

import errno
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from traindrop import aws
from traindrop.container import Outcome, run
from traindrop.events import TrainingRequest
from traindrop.folders import Folders
from traindrop.heard import Heard
from traindrop.job_files import JobFailed, deliver, fetch
from traindrop.job_state import INTERNAL_ERROR, JobState, event_detail, last_status, max_runtime
from traindrop.lambda_jobs import End, LambdaJob, LambdaJobs
from traindrop.lambda_limits import RESERVED_SECONDS, Sandbox, disk_limit, limit_met, memory_limit
from traindrop.ledger import Ledger
from traindrop.log_stream import log_stream
from traindrop.logs import about, log
from traindrop.packing import pack
from traindrop.process import Supervision
from traindrop.run import run_of
from traindrop.settings import TrainerSettings
from traindrop.trial import tuning_of

REQUEST: TypeAdapter[TrainingRequest] = TypeAdapter(TrainingRequest)
# Between SIGTERM and SIGKILL, well within what is reserved of the time-out.
_GRACE_SECONDS = 10.0
# Between two looks whether somebody wants the job stopped.
_LOOK_SECONDS = 2.0


def train(name: str, sandbox: Sandbox, settings: TrainerSettings) -> str | None:
    """Carry out the job of that name, and tell of its end; its status then, None where another carries it out or did.

    Whatever goes wrong with the job ends it. An exception means: it is not known how the job ended.
    """
    with about(run_of(tuning_of(name) or name)[0]):
        status = _train(name, sandbox, settings)
        log().info("training job carried out", extra={"job": name, "status": status})
    return status


def _train(name: str, sandbox: Sandbox, settings: TrainerSettings) -> str | None:
    jobs = LambdaJobs(Ledger(settings.table))
    claimed = jobs.claim(name, sandbox.seconds)
    if claimed is None:
        return None
    ended = jobs.end(name, _end_of(claimed, sandbox, jobs))
    if ended is None:  # it was given up meanwhile, and that was told
        return jobs.stored(name).state.status
    aws.emit_state_change(settings.stack, json.dumps(event_detail(ended.state)))
    return ended.state.status


def _end_of(job: LambdaJob, sandbox: Sandbox, jobs: LambdaJobs) -> End:
    if job.state.status == "Stopping":
        return End("Stopped")
    try:
        return carry_out(job, sandbox, jobs)
    except JobFailed as failure:
        return End("Failed", str(failure))
    except MemoryError:
        return End("Failed", memory_limit(sandbox))
    except Exception as error:  # noqa: BLE001 - logged, and told as SageMaker tells what is its own fault
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return End("Failed", disk_limit("what was fetched or packed"))
        log().exception("failed", extra={"job": job.state.name})
        return End("Failed", INTERNAL_ERROR)


def carry_out(job: LambdaJob, sandbox: Sandbox, jobs: LambdaJobs) -> End:
    """Download, train, upload; what the job ends with. Raises `JobFailed`."""
    began, s3, request = time.monotonic(), aws.client("s3"), job.state.request
    heard = Heard.of(request, job.limits)
    with tempfile.TemporaryDirectory(prefix="training-", ignore_cleanup_errors=True) as root:
        folders = fetch(s3, request, Path(root))
        jobs.move(job.state.name, "Training")
        outcome = _run(job.state, folders, heard, sandbox, jobs, ends=began + sandbox.seconds - RESERVED_SECONDS)
        if not outcome.stopped:
            jobs.move(job.state.name, "Uploading")
        artifacts = pack([folders], folders.root)
        model = deliver(s3, request, artifacts, with_model=outcome.failure_reason is None)
    return End(
        last_status(outcome),
        outcome.failure_reason,
        tuple(heard.metrics.final()),
        model,
        heard.curve.thinned(),
        stopped_early=outcome.stopped and heard.curve.is_missed,
    )


def _run(job: JobState, folders: Folders, heard: Heard, sandbox: Sandbox, jobs: LambdaJobs, *, ends: float) -> Outcome:
    """Run the script. Raises `JobFailed` where it met a limit of Lambda's."""
    wanted = time.monotonic() + max_runtime(job.request)
    before = _peak_mb()
    stream = f"{job.name}/algo-1-{int(time.time())}"
    with log_stream(aws.client("logs"), stream) as lines, _stop_wish(job.name, jobs) as stop:

        def on_line(line: str) -> None:
            lines.write(line)
            heard.read(line)
            if heard.curve.is_missed:
                stop.set()

        supervision = Supervision(on_line, stop, min(wanted, ends), _GRACE_SECONDS, die_with_parent=True)
        outcome = run(job.request, folders, supervision, extra_environment=_variables(job))
    after = _peak_mb()
    peak = after if after > before else None  # the highest of all children that there ever were
    limit = limit_met(outcome, heard.last_lines, sandbox, cut_off=ends < wanted, peak_mb=peak)
    if limit is not None:
        raise JobFailed(limit)
    return outcome


def _variables(job: JobState) -> dict[str, str]:
    return {
        "AWS_REGION": job.scope.region,
        "TRAINING_JOB_ARN": job.arn,
        # Where the layers are: Lambda's own bootstrap puts them on this process's path only.
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


@contextmanager
def _stop_wish(name: str, jobs: LambdaJobs) -> Iterator[threading.Event]:
    """An event that is set once somebody wants the job stopped, or has given it up."""
    stop, ended = threading.Event(), threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            with suppress(ClientError, BotoCoreError):  # the next look will tell
                found = jobs.get(name)
                if found is None or found.state.status != "InProgress":
                    stop.set()
                    return

    watcher = threading.Thread(target=look, name="stop wish", daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        ended.set()
        watcher.join()


def _peak_mb() -> int:
    """The most memory that any child of this process has taken so far; Linux counts it in kB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
