"""Training jobs: CreateTrainingJob, DescribeTrainingJob, StopTrainingJob, ListTrainingJobs; and their tags."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from typing import Any

from traindrop import channels, job_state
from traindrop.job_state import JobState, Scope
from traindrop_cli.local.sagemaker import acceptance
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error
from traindrop_cli.local.sagemaker.execution import carry_out
from traindrop_cli.local.sagemaker.listing import asked_for, page
from traindrop_cli.local.sagemaker.store import job_store
from traindrop_cli.local.sagemaker.surroundings import Settings, Surroundings
from traindrop_cli.local.sagemaker.task import Listen, client

Parameters = Mapping[str, Any]


class TrainingJobs:
    """May be called from several threads; jobs run in threads of their own. `on_end` is told of each job's end."""

    def __init__(self, settings: Settings, surroundings: Surroundings, on_end: Callable[[JobState], None]) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._on_end = on_end
        self._store = job_store(settings.state_file)
        self._executor = ThreadPoolExecutor(settings.concurrent_jobs, thread_name_prefix="training-job")
        self._stops: dict[str, threading.Event] = {}
        self._runs: dict[str, Future[None]] = {}

    @property
    def operations(self) -> dict[str, Callable[[Scope, Parameters], dict[str, Any]]]:
        return {
            "CreateTrainingJob": self.create,
            "DescribeTrainingJob": self._describe,
            "StopTrainingJob": self._stop,
            "ListTrainingJobs": self._list,
        }

    def shut_down(self, seconds: float) -> None:
        """Send SIGTERM to every running training and wait so long, at most, for them to end."""
        for stop in list(self._stops.values()):
            stop.set()
        self._executor.shutdown(wait=False, cancel_futures=True)
        wait(list(self._runs.values()), timeout=seconds)

    def create(self, scope: Scope, request: Parameters, listen: Listen | None = None) -> dict[str, Any]:
        """CreateTrainingJob. `listen` is told each line of the job's log."""
        self.refuse(scope, request, job_state.training_job_arn(scope, request["TrainingJobName"]))
        job = job_state.new_job(scope, request, time.time())

        def accept(others: list[JobState]) -> None:
            acceptance.refuse_taken_name(scope, job.name, others)
            acceptance.refuse_over_quota(request, others, self._settings.quotas)
            self._stops[job.arn] = threading.Event()

        self._store.add(job, accept)
        self._tell(job)
        self._runs[job.arn] = self._executor.submit(self._run, job, listen)
        return {"TrainingJobArn": job.arn}

    def refuse(self, scope: Scope, request: Parameters, arn: str) -> None:
        """Raise ApiError for what would be refused whatever jobs there are; `arn`: for what the role is assumed."""
        acceptance.refuse_contradictions(request)
        role = request["RoleArn"]
        if not self._surroundings.can_assume(scope, role, arn):
            raise acceptance.unassumable_role(role)
        self._refuse_empty_channels(scope, request)

    def refuse_over_quota(self, scope: Scope, request: Parameters, copies: int) -> None:
        """Raise ResourceLimitExceeded where so many such jobs at a time are more than the quota leaves."""
        acceptance.refuse_over_quota(request, self._store.of(scope), self._settings.quotas, copies)

    def state(self, scope: Scope, name: str) -> JobState:
        """Raises ApiError where there is none."""
        return self._store.get(scope, name)

    def end(self, scope: Scope, name: str) -> None:
        """StopTrainingJob, for a job that may have ended by now."""
        with suppress(ApiError):
            self._stop(scope, {"TrainingJobName": name})

    def tags(self, scope: Scope, name: str) -> Mapping[str, str]:
        return self._store.get(scope, name).tags

    def add_tags(self, scope: Scope, name: str, given: Mapping[str, str]) -> Mapping[str, str]:
        """All that it has then."""
        return self._store.change(scope, name, lambda job: replace(job, tags={**job.tags, **given})).tags

    def _describe(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        return job_state.describe(self._store.get(scope, parameters["TrainingJobName"]))

    def _stop(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        def stopping(job: JobState) -> JobState:
            if job.is_over:
                raise validation_error(f"The request was rejected because the training job is in status {job.status}.")
            return job if job.status == "Stopping" else job_state.moved(job, "Stopping", time.time())

        job = self._store.change(scope, parameters["TrainingJobName"], stopping)
        self._tell(job)
        self._stops[job.arn].set()
        run = self._runs.get(job.arn)
        if run is not None and run.cancel():  # it never began
            self._move(job, "Stopped")
        return {}

    def _list(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        found = asked_for(self._store.of(scope), parameters, by="CreationTime", order="Descending")
        return page("TrainingJobSummaries", [job_state.summary(job) for job in found], parameters)

    def _refuse_empty_channels(self, scope: Scope, request: Parameters) -> None:
        role = request["RoleArn"]
        s3 = client("s3", self._settings, scope, self._surroundings.assume(scope, role, "SageMaker"))
        for channel in request.get("InputDataConfig", []):
            try:
                uri = channels.channel_uri(channel)
            except channels.DataError:
                continue  # the job fails with it: to AWS this data source is no error
            if not channels.has_objects(s3, uri):
                raise validation_error(channels.no_objects_message(uri, scope.region, role))

    def _run(self, job: JobState, listen: Listen | None) -> None:
        def move(status: str, change: Callable[[JobState], JobState] = lambda job: job, **reason: str | None) -> None:
            self._move(job, status, change, **reason)

        credentials = self._surroundings.assume(job.scope, job.request["RoleArn"], "SageMaker")
        carry_out(job, self._settings, credentials, self._stops[job.arn], move, listen)

    def _move(
        self, job: JobState, status: str, change: Callable[[JobState], JobState] = lambda job: job, **reason: str | None
    ) -> None:
        def step(current: JobState) -> JobState:
            stepped = job_state.stepped(current, status, time.time(), **reason)
            return current if stepped == current else change(stepped)

        before = self._store.get(job.scope, job.name)
        after = self._store.change(job.scope, job.name, step)
        if after != before:
            self._tell(after)
            if after.is_over:
                self._on_end(after)

    def _tell(self, job: JobState) -> None:
        for _ in range(self._settings.event_copies):
            self._surroundings.emit(job.scope, job_state.EVENT, [job.arn], job_state.event_detail(job))
