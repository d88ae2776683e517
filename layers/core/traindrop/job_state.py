"""A training job that is carried out here: its states, and how DescribeTrainingJob, ListTrainingJobs and its events
show it. Shared by the trainer Lambda and the local SageMaker.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from traindrop.container import FAILURE_REASON_LENGTH, Outcome

TERMINAL = ("Completed", "Failed", "Stopped")
DAY = 86400
EVENT = "SageMaker Training Job State Change"
# What the person is told of a job that reached its stopping condition.
TOO_LONG = "It reached its maximum run time (max_runtime in training.yaml) and was stopped unfinished."
INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."

# Fields of the request that Describe repeats. Tags are not among them.
_REPEATED = (
    "TrainingJobName", "HyperParameters", "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig",
    "ResourceConfig", "VpcConfig", "CheckpointConfig", "DebugHookConfig", "ExperimentConfig", "ProfilerConfig",
    "RetryStrategy", "Environment",
)  # fmt: skip
# Those that the event repeats: documented in "Events that SageMaker AI sends to EventBridge".
_IN_EVENT = (
    "TrainingJobName", "HyperParameters", "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig",
    "ResourceConfig",
)  # fmt: skip
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "Interrupted": "Job stopped because the managed spot training instances were interrupted",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}

# The primary status that comes with a secondary one; else it stays.
_PRIMARY = {
    **{status: status for status in (*TERMINAL, "Stopping")},
    "MaxRuntimeExceeded": "Stopped",
    "MaxWaitTimeExceeded": "Stopped",
}


@dataclass(frozen=True)
class Scope:
    """Whose resources a call is about."""

    account: str
    region: str
    partition: str = "aws"


@dataclass(frozen=True)
class Transition:
    """One secondary status and the time that it lasted, in seconds since the epoch."""

    status: str
    start: float
    end: float | None = None


@dataclass(frozen=True)
class JobState:
    """One training job. `request` is that of CreateTrainingJob; times are seconds since the epoch."""

    scope: Scope
    request: Mapping[str, Any]
    created: float
    modified: float
    status: str = "InProgress"
    transitions: tuple[Transition, ...] = ()
    training_started: float | None = None
    training_ended: float | None = None
    failure_reason: str | None = None
    model_artifacts: str | None = None
    metrics: tuple[Mapping[str, Any], ...] = field(default=())
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.request["TrainingJobName"])

    @property
    def arn(self) -> str:
        return training_job_arn(self.scope, self.name)

    @property
    def secondary_status(self) -> str:
        return self.transitions[-1].status

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL


def training_job_arn(scope: Scope, name: str) -> str:
    return f"arn:{scope.partition}:sagemaker:{scope.region}:{scope.account}:training-job/{name}"


def new_job(scope: Scope, request: Mapping[str, Any], now: float) -> JobState:
    """A job that was just accepted."""
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    return JobState(scope, request, now, now, transitions=(Transition("Starting", now),), tags=tags)


def moved(job: JobState, secondary_status: str, now: float, *, failure_reason: str | None = None) -> JobState:
    """The job in its next secondary status; the primary status and the training times follow from it."""
    *before, last = job.transitions
    transitions = (*before, replace(last, end=now), Transition(secondary_status, now))
    status = _PRIMARY.get(secondary_status, job.status)
    started = job.training_started
    if started is None and secondary_status == "Downloading":
        started = now
    ended = now if status in TERMINAL and started is not None else None
    return replace(
        job,
        status=status,
        transitions=transitions,
        modified=now,
        training_started=started,
        training_ended=ended,
        failure_reason=failure_reason[:FAILURE_REASON_LENGTH] if failure_reason else None,
    )


def stepped(job: JobState, secondary_status: str, now: float, *, failure_reason: str | None = None) -> JobState:
    """The job in its next status, but for one that StopTrainingJob was called for: it stays Stopping until it ends,
    and however that is, it was stopped."""
    if job.status != "Stopping":
        return moved(job, secondary_status, now, failure_reason=failure_reason)
    return moved(job, "Stopped", now) if _PRIMARY.get(secondary_status) in TERMINAL else job


def last_status(outcome: Outcome, limit: str = "MaxRuntimeExceeded") -> str:
    """The secondary status that a job ends with; `limit` is that of one that ran out of time."""
    if outcome.failure_reason is not None:
        return "Failed"
    return "Stopped" if outcome.stopped else limit if outcome.timed_out else "Completed"


def as_record(job: JobState) -> dict[str, Any]:
    """The job as JSON can hold it; `from_record` reads it."""
    return asdict(job)


def from_record(record: Mapping[str, Any]) -> JobState:
    transitions = tuple(Transition(**each) for each in record["transitions"])
    changed = {"scope": Scope(**record["scope"]), "transitions": transitions, "metrics": tuple(record["metrics"])}
    return JobState(**{**record, **changed})


def max_runtime(request: Mapping[str, Any]) -> int:
    """Seconds; the default of the API is one day."""
    return int(request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DAY))


def max_wait(request: Mapping[str, Any]) -> float:
    """Seconds that a spot job may take from its creation, waiting included; endless for another one."""
    return float(request.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds", math.inf))


def instance_count(request: Mapping[str, Any]) -> int:
    """How many instances the job runs on, of whatever types."""
    resources = request["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    return sum(int(group["InstanceCount"]) for group in groups)


def describe(job: JobState) -> dict[str, Any]:
    """The answer of DescribeTrainingJob."""
    flags = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
    answer = {
        **{key: job.request[key] for key in _REPEATED if key in job.request},
        **{flag: job.request.get(flag, False) for flag in flags},
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary_status,
        "SecondaryStatusTransitions": [_transition(item, 1) for item in job.transitions],
        "StoppingCondition": {"MaxRuntimeInSeconds": DAY, **job.request.get("StoppingCondition", {})},
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
        "TrainingStartTime": job.training_started,
        "TrainingEndTime": job.training_ended,
        "TrainingTimeInSeconds": _seconds(job, without=()),
        "BillableTimeInSeconds": _seconds(job, without=("Interrupted", "Starting")),
        "ModelArtifacts": {"S3ModelArtifacts": job.model_artifacts} if job.model_artifacts else None,
        "FinalMetricDataList": list(job.metrics) or None,
        "FailureReason": job.failure_reason,
    }
    return {key: value for key, value in answer.items() if value is not None}


def summary(job: JobState) -> dict[str, Any]:
    """The job's entry in the answer of ListTrainingJobs."""
    answer = {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": job.created,
        "TrainingEndTime": job.training_ended,
        "LastModifiedTime": job.modified,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary_status,
    }
    return {key: value for key, value in answer.items() if value is not None}


def event_detail(job: JobState) -> dict[str, Any]:
    """The detail of the job's state change event; times are epoch milliseconds in strings, as documented."""
    answer = {
        **{key: job.request[key] for key in _IN_EVENT if key in job.request},
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary_status,
        "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime(job.request)},
        "CreationTime": _milliseconds(job.created),
        "TrainingStartTime": _milliseconds(job.training_started),
        "TrainingEndTime": _milliseconds(job.training_ended),
        "LastModifiedTime": _milliseconds(job.modified),
        "SecondaryStatusTransitions": [_transition(item, 1000) for item in job.transitions],
        "FailureReason": job.failure_reason,
        "Tags": dict(job.tags),
    }
    return {key: value for key, value in answer.items() if value is not None}


def _transition(transition: Transition, scale: int) -> dict[str, Any]:
    shown = {"Status": transition.status, "StartTime": _scaled(transition.start, scale)}
    if transition.end is not None:
        shown["EndTime"] = _scaled(transition.end, scale)
    return {**shown, "StatusMessage": _MESSAGES[transition.status]}


def _scaled(time: float, scale: int) -> float:
    return time if scale == 1 else int(time * scale)


def _milliseconds(time: float | None) -> str | None:
    return None if time is None else str(int(time * 1000))


def _seconds(job: JobState, without: Sequence[str]) -> int | None:
    """From the first download to the end, without the time in some states; in whole seconds, at least one.

    Waiting for another spot instance is not billed. There is no spot price here: a second counts as a second.
    """
    if job.training_started is None or job.training_ended is None:
        return None
    waits = [each for each in job.transitions if each.status in without and each.start >= job.training_started]
    waited = sum((each.end or job.training_ended) - each.start for each in waits)
    return max(1, math.ceil(job.training_ended - job.training_started - waited))
