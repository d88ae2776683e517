"""A tuning job: its state, and what follows from that of its training jobs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from traindrop.job_state import TERMINAL, JobState, Scope
from traindrop_cli.local.sagemaker.store import LOST

# By name: the training jobs of a tuning job.
Jobs = Mapping[str, JobState]


@dataclass(frozen=True)
class Child:
    """A training job of the tuning job. `hyperparameters`: those that were chosen, as texts.

    Known once it has ended: the objective's values by round (texts, as JSON has them), and whether it was stopped
    because they were bad.
    """

    number: int
    job: str
    hyperparameters: Mapping[str, str]
    curve: Mapping[str, float] = field(default_factory=dict)
    stopped_early: bool = False


@dataclass(frozen=True)
class TuningState:
    """`request` is that of CreateHyperParameterTuningJob; times are seconds since the epoch."""

    scope: Scope
    request: Mapping[str, Any]
    created: float
    modified: float
    status: str = "InProgress"
    ended: float | None = None
    failure_reason: str | None = None
    children: tuple[Child, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.request["HyperParameterTuningJobName"])

    @property
    def arn(self) -> str:
        return tuning_job_arn(self.scope, self.name)

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL

    @property
    def config(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.request["HyperParameterTuningJobConfig"]
        return found

    @property
    def metric(self) -> str:
        return str(self.config["HyperParameterTuningJobObjective"]["MetricName"])


def tuning_job_arn(scope: Scope, name: str) -> str:
    return f"arn:{scope.partition}:sagemaker:{scope.region}:{scope.account}:hyper-parameter-tuning-job/{name}"


def new_tuning(scope: Scope, request: Mapping[str, Any], now: float) -> TuningState:
    """A tuning job that was just accepted."""
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    return TuningState(scope, request, now, now, tags=tags)


def moved(tuning: TuningState, status: str, now: float, failure_reason: str | None = None) -> TuningState:
    """In its next status."""
    ended = now if status in TERMINAL else None
    return replace(tuning, status=status, modified=now, ended=ended, failure_reason=failure_reason)


def after_restart(record: Mapping[str, Any]) -> TuningState:
    """What `asdict` made a record of; who chose its training jobs ended with the local AWS."""
    children = tuple(Child(**each) for each in record["children"])
    found = TuningState(**{**record, "scope": Scope(**record["scope"]), "children": children})
    return found if found.is_over else moved(found, "Failed", found.modified, LOST)


def as_record(tuning: TuningState) -> dict[str, Any]:
    """As JSON can hold it."""
    return asdict(tuning)


def objective_value(tuning: TuningState, job: JobState) -> float | None:
    """The objective that a training job of it has ended with."""
    return next((each["Value"] for each in job.metrics if each["MetricName"] == tuning.metric), None)


def objective_status(tuning: TuningState, job: JobState) -> str:
    """ObjectiveStatus (HyperParameterTrainingJobSummary, API reference)."""
    if not job.is_over:
        return "Pending"
    return "Failed" if job.status == "Failed" or objective_value(tuning, job) is None else "Succeeded"


def best(tuning: TuningState, jobs: Jobs) -> Child | None:
    """Of those that have completed with a value, the earliest of equals; None where none has."""
    sign = -1 if tuning.config["HyperParameterTuningJobObjective"]["Type"] == "Maximize" else 1
    completed = [child for child in tuning.children if jobs[child.job].status == "Completed"]
    values = [(objective_value(tuning, jobs[child.job]), child.number) for child in completed]
    found = [(sign * value, number) for value, number in values if value is not None]
    return tuning.children[min(found)[1] - 1] if found else None
