"""SageMaker in memory: quotas, names that are taken for good, and jobs that end in every way."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from traindrop.final_metrics import definitions_of

MINUTE = 60.0


@dataclass(frozen=True)
class Fate:
    """How a job is going to end: after `seconds`, with what DescribeTrainingJob says then."""

    status: str
    secondary: str
    seconds: float
    reason: str | None = None
    interrupted: bool = False
    leaves_model: bool = True
    # Of a trial: whether its log has the objective.
    logs: bool = True


@dataclass
class Job:
    name: str
    request: dict[str, Any]
    created: float
    fate: Fate
    status: str = "InProgress"
    ended: float | None = None
    events: int = 0

    @property
    def instance_type(self) -> str:
        found: str = self.request["ResourceConfig"]["InstanceType"]
        return found

    @property
    def started(self) -> float:
        return self.created + 1

    @property
    def billed(self) -> int:
        return 0 if self.ended is None else int(self.ended - self.created)


@dataclass
class SageMaker:
    """`at(seconds, action)` lets something happen later; `tell(job)` is called at each change of a job's state."""

    quotas: dict[str, int]
    fate: Callable[[str], Fate]
    now: Callable[[], float]
    moment: Callable[[float], datetime]
    at: Callable[[float, Callable[[], None]], None]
    tell: Callable[[Job], None]
    jobs: dict[str, Job] = field(default_factory=dict)
    touched: list[tuple[str, str]] = field(default_factory=list)
    # The runs of the versions in the model registry, and the version by group and token.
    registered: list[str] = field(default_factory=list)
    versions: dict[tuple[str, str], str] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)

    def call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer one call as boto3 does. Raises `ClientError` with the service's own words."""
        self.touched.append((operation, given["TrainingJobName"]))
        found: dict[str, Any] = getattr(self, f"_{operation}")(given)
        return found

    def registry(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Make a group, or a version in one; a token makes one version. Raises `ClientError`."""
        group = given["ModelPackageGroupName"]
        if operation == "CreateModelPackageGroup":
            if group in self.groups:
                raise error(operation, "ValidationException", f"Model Package Group already exists: {group}")
            self.groups.add(group)
            return {"ModelPackageGroupArn": group}
        if group not in self.groups:
            raise error(operation, "ValidationException", f"Model Package Group {group} does not exist.")
        which = group, given["ClientToken"]
        if which not in self.versions:
            self.versions[which] = f"{group}/{len(self.versions)}"
            self.registered.append(given["CustomerMetadataProperties"]["traindrop:run"])
        return {"ModelPackageArn": self.versions[which]}

    def running(self, instance_type: str) -> int:
        return sum(job.ended is None and job.instance_type == instance_type for job in self.jobs.values())

    def begin(self, request: dict[str, Any], fate: Fate) -> None:
        """Start a job, whoever asked for it."""
        self.start(Job(request["TrainingJobName"], request, self.now(), fate))

    def start(self, job: Job) -> None:
        fate = job.fate
        self.jobs[job.name] = job
        self.tell(job)
        self.at(self.now() + fate.seconds, lambda: self._end(job, fate))

    def stop(self, name: str) -> None:
        """As by StopTrainingJob: it takes its time."""
        job = self.jobs[name]
        if job.status == "InProgress":
            job.status = "Stopping"
            stopped = Fate("Stopped", "Stopped", 0, leaves_model=False)
            self.at(self.now() + MINUTE, lambda: self._end(job, stopped))

    def _end(self, job: Job, fate: Fate) -> None:
        if job.ended is None:
            job.fate, job.status, job.ended = fate, fate.status, self.now()
            self.tell(job)

    def _CreateTrainingJob(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name, needs = given["TrainingJobName"], given["ResourceConfig"]["InstanceType"]
        if name in self.jobs:
            raise error("CreateTrainingJob", "ResourceInUse", "Training job names must be unique within an AWS account")
        self.refuse_beyond_quota("CreateTrainingJob", needs, 1)
        self.begin(given, self.fate(name))
        return {"TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}"}

    def refuse_beyond_quota(self, operation: str, needs: str, count: int) -> None:
        """Raises `ClientError` where so many instances more are more than there may be."""
        quota, used = self.quotas[needs], self.running(needs)
        if used + count > quota:
            raise error(
                operation,
                "ResourceLimitExceeded",
                f"The account-level service limit '{needs} for training job usage' is {quota} Instances, with current "
                f"utilization of {used} Instances and a request delta of {count} Instances. Please contact AWS support "
                "to request an increase for this limit.",
            )

    def _DescribeTrainingJob(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self.described(self._found("DescribeTrainingJob", given))

    def _StopTrainingJob(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        job = self._found("StopTrainingJob", given)
        if job.ended is not None:
            message = f"The request was rejected because the training job is in status {job.status}."
            raise error("StopTrainingJob", "ValidationException", message)
        self.stop(job.name)
        return {}

    def _found(self, operation: str, given: dict[str, Any]) -> Job:
        if given["TrainingJobName"] not in self.jobs:
            raise error(operation, "ValidationException", "Requested resource not found.")
        return self.jobs[given["TrainingJobName"]]

    def described(self, job: Job) -> dict[str, Any]:
        """The fields of DescribeTrainingJob that tell of the job's course."""
        created, over = self.moment(job.created), job.ended is not None
        started = self.moment(job.started)
        transitions = ["Starting", "Downloading", "Training"]
        transitions += ["Interrupted", "Starting"] if over and job.fate.interrupted else []
        found: dict[str, Any] = {
            "TrainingJobName": job.name,
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.fate.secondary if over else "Training",
            "RoleArn": job.request["RoleArn"],
            "ResourceConfig": job.request["ResourceConfig"],
            "CreationTime": created,
            "TrainingStartTime": started,
            "SecondaryStatusTransitions": [{"Status": status, "StartTime": started} for status in transitions],
        }
        if job.ended is not None:
            found |= {"TrainingEndTime": self.moment(job.ended), "BillableTimeInSeconds": job.billed}
            found |= {"FailureReason": job.fate.reason} if job.fate.reason else {}
            found |= {"FinalMetricDataList": last_values(job.request, job.fate, job.ended)}
        return found


def error(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def is_trial(request: dict[str, Any]) -> bool:
    """Whether a training job's results are to lie among those of a tuning."""
    return str(request.get("OutputDataConfig", {}).get("S3OutputPath", "")).endswith("/trials")


def objective(name: str) -> float:
    """What a trial comes to: it follows from its name. Some are as good as others."""
    return hashlib.sha256(name.encode()).digest()[0] % 16 / 16


def last_values(request: dict[str, Any], fate: Fate, at: float) -> list[dict[str, Any]]:
    """FinalMetricDataList, of a trial whose log has its metrics."""
    if not (is_trial(request) and fate.logs and fate.status != "Failed"):
        return []
    value = objective(request["TrainingJobName"])
    return [{"MetricName": each["Name"], "Value": value, "Timestamp": at} for each in definitions_of(request)]


def model_key(request: dict[str, Any]) -> str:
    """Where a training job's model lies in the bucket: <S3OutputPath>/<job name>/output/model.tar.gz."""
    prefix = request["OutputDataConfig"]["S3OutputPath"].split("/", 3)[3]
    return f"{prefix}/{request['TrainingJobName']}/output/model.tar.gz"
