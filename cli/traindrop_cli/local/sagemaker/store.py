"""The jobs of the local SageMaker; safe to use from several threads, kept in a file where one is named."""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from traindrop_cli.local.sagemaker.errors import validation_error
from traindrop_cli.local.sagemaker.jobs import Job, Transition, moved
from traindrop_cli.local.sagemaker.surroundings import Scope


class JobStore:
    """Jobs by account, region and name. A name is taken for good, also after a failure."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._jobs = {(job.scope, job.name): job for job in _load(file)}

    def add(self, job: Job, accept: Callable[[list[Job]], None]) -> None:
        """Add a job after `accept`, which is given the scope's other jobs, has not raised."""
        with self._lock:
            accept(self.of(job.scope))
            self._put(job)

    def get(self, scope: Scope, name: str) -> Job:
        """The job; ApiError in AWS's words where there is none."""
        with self._lock:
            job = self._jobs.get((scope, name))
        if job is None:
            raise validation_error("Requested resource not found.")
        return job

    def change(self, scope: Scope, name: str, step: Callable[[Job], Job]) -> Job:
        """Replace the job by what `step` makes of it, as one step; returns the new one."""
        with self._lock:
            job = step(self.get(scope, name))
            self._put(job)
            return job

    def of(self, scope: Scope) -> list[Job]:
        with self._lock:
            return [job for (owner, _), job in self._jobs.items() if owner == scope]

    def _put(self, job: Job) -> None:
        self._jobs[job.scope, job.name] = job
        if self._file is not None:
            partial = self._file.with_suffix(".partial")
            partial.write_text(json.dumps([asdict(job) for job in self._jobs.values()]), encoding="utf-8")
            partial.replace(self._file)


def _load(file: Path | None) -> Iterable[Job]:
    if file is None or not file.exists():
        return
    for record in json.loads(file.read_text(encoding="utf-8")):
        transitions = tuple(Transition(**each) for each in record["transitions"])
        metrics = tuple(record["metrics"])
        fields = record | {"scope": Scope(**record["scope"]), "transitions": transitions, "metrics": metrics}
        job = Job(**fields)
        # Its process ended with the local AWS that ran it.
        lost = "InternalServerError: The local AWS was stopped while the job ran. Start another one."
        yield job if job.is_over else moved(job, "Failed", job.modified, failure_reason=lost)
