"""The jobs of the local SageMaker; safe to use from several threads, kept in a file where one is named."""

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from traindrop.job_state import JobState, Scope, as_record, from_record, moved
from traindrop_cli.local.sagemaker.errors import validation_error


class JobStore:
    """Jobs by account, region and name. A name is taken for good, also after a failure."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._jobs = {(job.scope, job.name): job for job in _load(file)}

    def add(self, job: JobState, accept: Callable[[list[JobState]], None]) -> None:
        """Add a job after `accept`, which is given the scope's other jobs, has not raised."""
        with self._lock:
            accept(self.of(job.scope))
            self._put(job)

    def get(self, scope: Scope, name: str) -> JobState:
        """The job; ApiError in AWS's words where there is none."""
        with self._lock:
            job = self._jobs.get((scope, name))
        if job is None:
            raise validation_error("Requested resource not found.")
        return job

    def change(self, scope: Scope, name: str, step: Callable[[JobState], JobState]) -> JobState:
        """Replace the job by what `step` makes of it, as one step; returns the new one."""
        with self._lock:
            job = step(self.get(scope, name))
            self._put(job)
            return job

    def of(self, scope: Scope) -> list[JobState]:
        with self._lock:
            return [job for (owner, _), job in self._jobs.items() if owner == scope]

    def _put(self, job: JobState) -> None:
        self._jobs[job.scope, job.name] = job
        if self._file is not None:
            partial = self._file.with_suffix(".partial")
            partial.write_text(json.dumps([as_record(job) for job in self._jobs.values()]), encoding="utf-8")
            partial.replace(self._file)


def _load(file: Path | None) -> Iterable[JobState]:
    if file is None or not file.exists():
        return
    for record in json.loads(file.read_text(encoding="utf-8")):
        job = from_record(record)
        # Its process ended with the local AWS that ran it.
        lost = "InternalServerError: The local AWS was stopped while the job ran. Start another one."
        yield job if job.is_over else moved(job, "Failed", job.modified, failure_reason=lost)
