"""The training job API: CreateTrainingJob, Describe…, Stop…, List…, AddTags and ListTags; and the model registry's."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from traindrop import channels, job_state
from traindrop.job_state import JobState, Scope
from traindrop_cli.local.sagemaker import acceptance
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error
from traindrop_cli.local.sagemaker.execution import carry_out
from traindrop_cli.local.sagemaker.model_registry import OPERATIONS, ModelRegistry
from traindrop_cli.local.sagemaker.store import JobStore
from traindrop_cli.local.sagemaker.surroundings import Settings, Surroundings
from traindrop_cli.local.sagemaker.task import client
from traindrop_cli.local.sagemaker.validation import validate

logger = logging.getLogger(__name__)

Parameters = Mapping[str, Any]


class SageMaker:
    """One local SageMaker. `handle` may be called from several threads; jobs run in threads of their own."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._store = JobStore(settings.state_file)
        self._registry = ModelRegistry(settings.registry_file)
        self._executor = ThreadPoolExecutor(settings.concurrent_jobs, thread_name_prefix="training-job")
        self._stops: dict[str, threading.Event] = {}
        self._runs: dict[str, Future[None]] = {}
        self._operations: dict[str, Callable[[Scope, Parameters], dict[str, Any]]] = {
            "CreateTrainingJob": self._create,
            "DescribeTrainingJob": self._describe,
            "StopTrainingJob": self._stop,
            "ListTrainingJobs": self._list,
            "AddTags": self._add_tags,
            "ListTags": self._list_tags,
        }

    def handle(self, operation: str, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        """The answer of one call; raises ApiError."""
        if operation not in self._operations.keys() | OPERATIONS:
            known = ", ".join([*self._operations, *sorted(OPERATIONS)])
            raise ApiError("UnknownOperationException", f"The local SageMaker knows {known}; not {operation}.")
        validate(operation, parameters)
        if operation in OPERATIONS:
            return self._registry.handle(operation, scope, parameters)
        return self._operations[operation](scope, parameters)

    def tags(self, scope: Scope, name: str) -> Mapping[str, str]:
        """What policies may ask of a job as aws:ResourceTag; nothing of one that is not there."""
        return next((job.tags for job in self._store.of(scope) if job.name == name), {})

    def shut_down(self, seconds: float) -> None:
        """Send SIGTERM to every running training and wait so long, at most, for them to end."""
        for stop in list(self._stops.values()):
            stop.set()
        self._executor.shutdown(wait=False, cancel_futures=True)
        wait(list(self._runs.values()), timeout=seconds)

    def _create(self, scope: Scope, request: Parameters) -> dict[str, Any]:
        acceptance.refuse_contradictions(request)
        role = request["RoleArn"]
        if not self._surroundings.can_assume(
            scope, role, job_state.training_job_arn(scope, request["TrainingJobName"])
        ):
            raise acceptance.unassumable_role(role)
        self._refuse_empty_channels(scope, request)
        job = job_state.new_job(scope, request, time.time())

        def accept(others: list[JobState]) -> None:
            acceptance.refuse_taken_name(scope, job.name, others)
            acceptance.refuse_over_quota(request, others, self._settings.quotas)
            self._stops[job.arn] = threading.Event()

        self._store.add(job, accept)
        self._tell(job)
        self._runs[job.arn] = self._executor.submit(self._run, job)
        return {"TrainingJobArn": job.arn}

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
        found = [job for job in self._store.of(scope) if _is_asked_for(job, parameters)]
        found.sort(key=_sort_key(parameters), reverse=parameters.get("SortOrder", "Descending") == "Descending")
        start, size = int(parameters.get("NextToken", 0)), parameters.get("MaxResults", 10)
        page: dict[str, Any] = {"TrainingJobSummaries": [job_state.summary(job) for job in found[start : start + size]]}
        return page | ({"NextToken": str(start + size)} if start + size < len(found) else {})

    def _add_tags(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        given = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}

        def tagged(job: JobState) -> JobState:
            return replace(job, tags={**job.tags, **given})

        return {"Tags": _listed(self._store.change(scope, _name(parameters["ResourceArn"]), tagged).tags)}

    def _list_tags(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        return {"Tags": _listed(self._store.get(scope, _name(parameters["ResourceArn"])).tags)}

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

    def _run(self, job: JobState) -> None:
        def move(status: str, change: Callable[[JobState], JobState] = lambda job: job, **reason: str | None) -> None:
            self._move(job, status, change, **reason)

        credentials = self._surroundings.assume(job.scope, job.request["RoleArn"], "SageMaker")
        carry_out(job, self._settings, credentials, self._stops[job.arn], move)

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

    def _tell(self, job: JobState) -> None:
        for _ in range(self._settings.event_copies):
            self._surroundings.emit(job.scope, job_state.EVENT, [job.arn], job_state.event_detail(job))


def _is_asked_for(job: JobState, parameters: Parameters) -> bool:
    status, part = parameters.get("StatusEquals", job.status), parameters.get("NameContains", "")
    return job.status == status and part.lower() in job.name.lower() and _is_in_time(job, parameters)


def _is_in_time(job: JobState, parameters: Parameters) -> bool:
    after, before = parameters.get("CreationTimeAfter", 0), parameters.get("CreationTimeBefore", float("inf"))
    changed_after = parameters.get("LastModifiedTimeAfter", 0)
    changed_before = parameters.get("LastModifiedTimeBefore", float("inf"))
    return bool(after <= job.created <= before and changed_after <= job.modified <= changed_before)


def _sort_key(parameters: Parameters) -> Callable[[JobState], Any]:
    by = parameters.get("SortBy", "CreationTime")
    keys: dict[str, Callable[[JobState], Any]] = {"Name": lambda job: job.name, "Status": lambda job: job.status}
    return keys.get(by, lambda job: job.created)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
