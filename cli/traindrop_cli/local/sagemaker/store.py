"""The jobs of the local SageMaker; safe to use from several threads, kept in a file where one is named."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from traindrop.job_state import JobState, Scope, as_record, from_record, moved
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error

# Its process ended with the local AWS that ran it.
LOST = "InternalServerError: The local AWS was stopped while the job ran. Start another one."


class Kept(Protocol):
    """What is kept: a job, under its name."""

    @property
    def scope(self) -> Scope: ...

    @property
    def name(self) -> str: ...


K = TypeVar("K", bound=Kept)


class Store(Generic[K]):
    """Jobs by account, region and name. A name is taken for good, also after a failure.

    `of_record` makes a job, as it is after a restart, of what `as_record` made of it. `not_found`: the error of a name
    that no job has.
    """

    def __init__(
        self,
        file: Path | None,
        of_record: Callable[[Mapping[str, Any]], K],
        as_record: Callable[[K], dict[str, Any]],
        not_found: Callable[[str], ApiError],
    ) -> None:
        self._file = file
        self._as_record = as_record
        self._not_found = not_found
        self._lock = threading.RLock()
        self._jobs = {(job.scope, job.name): job for job in map(of_record, _records(file))}

    def add(self, job: K, accept: Callable[[list[K]], None]) -> None:
        """Add a job after `accept`, which is given the scope's other jobs, has not raised."""
        with self._lock:
            accept(self.of(job.scope))
            self._put(job)

    def get(self, scope: Scope, name: str) -> K:
        """The job; ApiError in AWS's words where there is none."""
        with self._lock:
            job = self._jobs.get((scope, name))
        if job is None:
            raise self._not_found(name)
        return job

    def change(self, scope: Scope, name: str, step: Callable[[K], K]) -> K:
        """Replace the job by what `step` makes of it, as one step; returns the new one."""
        with self._lock:
            job = step(self.get(scope, name))
            self._put(job)
            return job

    def of(self, scope: Scope) -> list[K]:
        with self._lock:
            return [job for (owner, _), job in self._jobs.items() if owner == scope]

    def _put(self, job: K) -> None:
        self._jobs[job.scope, job.name] = job
        if self._file is not None:
            partial = self._file.with_suffix(".partial")
            partial.write_text(json.dumps([self._as_record(job) for job in self._jobs.values()]), encoding="utf-8")
            partial.replace(self._file)


def job_store(file: Path | None) -> Store[JobState]:
    """That of the training jobs."""
    return Store(file, _after_restart, as_record, lambda _name: validation_error("Requested resource not found."))


def _after_restart(record: Mapping[str, Any]) -> JobState:
    job = from_record(record)
    return job if job.is_over else moved(job, "Failed", job.modified, failure_reason=LOST)


def _records(file: Path | None) -> Iterable[Mapping[str, Any]]:
    return [] if file is None or not file.exists() else json.loads(file.read_text(encoding="utf-8"))
