"""A tuning job whose trials are carried out in Lambda: what is kept of it, and how it is shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from traindrop.events import TuningJob
from traindrop.search_space import objective_of
from traindrop.trial import DEFAULTS, Trial
from traindrop.tuning_config import Direction
from traindrop.tuning_outcome import outcome_of

Status = Literal["InProgress", "Completed", "Failed", "Stopped"]


class TuningState(BaseModel):
    """`request`: of CreateHyperParameterTuningJob; `defaults`: of the CreateTrainingJob for the trial that all are
    compared with. Trials by number; of one that runs there is more in its job's own record. Times are UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: dict[str, Any]
    defaults: dict[str, Any]
    account: str
    region: str
    partition: str
    # Of the function that carries out the trials.
    memory_mb: int | None = None
    created_at: datetime
    modified_at: datetime
    trials: tuple[Trial, ...] = ()
    stop_wanted: bool = False
    # There is no point left that was not tried.
    used_up: bool = False
    status: Status = "InProgress"
    # Its end was put on the bus.
    told: bool = False

    @property
    def name(self) -> str:
        return str(self.request["HyperParameterTuningJobName"])

    @property
    def is_over(self) -> bool:
        return self.status != "InProgress"

    @property
    def objective(self) -> str:
        return objective_of(self.request)[0]

    @property
    def direction(self) -> Direction:
        return objective_of(self.request)[1]

    @property
    def planned(self) -> int:
        """How many trials there are to be, the one with the defaults included."""
        return int(self._limits["MaxNumberOfTrainingJobs"]) + 1

    @property
    def max_parallel(self) -> int:
        return int(self._limits["MaxParallelTrainingJobs"])

    @property
    def open(self) -> list[Trial]:
        """The trials that have not ended."""
        return [trial for trial in self.trials if not trial.has_ended]

    @property
    def arn(self) -> str:
        kind = "hyper-parameter-tuning-job"
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{kind}/{self.name}"

    @property
    def _limits(self) -> dict[str, Any]:
        found: dict[str, Any] = self.request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        return found


def as_training_job(tuning: TuningState, metrics: Sequence[Mapping[str, Any]]) -> TuningJob:
    """As one job; `metrics` are those of its best trial's job."""
    trials = tuning.trials
    started = [trial.started_at for trial in trials if trial.started_at is not None]
    ended = [trial.ended_at for trial in trials if trial.ended_at is not None and trial.started_at is not None]
    seconds = [trial.billable_seconds for trial in trials if trial.billable_seconds is not None]
    known: dict[str, Any] = {
        "training_job_name": tuning.name,
        "training_job_status": tuning.status,
        "secondary_status": "Training",
        "resource_config": tuning.defaults["ResourceConfig"],
        "training_start_time": min(started, default=None),
        "trials_with_value": sum(trial.has_ended and trial.objective is not None for trial in trials[DEFAULTS + 1 :]),
    }
    if not tuning.is_over:
        return TuningJob.model_validate(known | ({"training_job_status": "Stopping"} if tuning.stop_wanted else {}))
    outcome = outcome_of(trials, tuning.planned, tuning.direction, stopped=tuning.stop_wanted)
    return TuningJob.model_validate(
        known
        | {
            "secondary_status": outcome.secondary_status,
            "failure_reason": outcome.failure_reason,
            "training_end_time": max(ended, default=None),
            "billable_time_in_seconds": sum(seconds) if seconds else None,
            "training_time_in_seconds": sum(seconds) if seconds else None,
            "final_metric_data_list": tuple(metrics),
            "best_trial": None if outcome.best is None else outcome.best.job,
            "telling_trial": None if outcome.telling is None else outcome.telling.job,
            "remarks": outcome.remarks,
        }
    )


def event_detail(tuning: TuningState) -> dict[str, Any]:
    """The detail of the event that tells how it stands, in the shape of SageMaker's own.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-hpo
    """
    return {
        "HyperParameterTuningJobName": tuning.name,
        "HyperParameterTuningJobArn": tuning.arn,
        "TrainingJobDefinition": tuning.request["TrainingJobDefinition"],
        "HyperParameterTuningJobStatus": tuning.status,
        "CreationTime": _milliseconds(tuning.created_at),
        "LastModifiedTime": _milliseconds(tuning.modified_at),
        "TrainingJobStatusCounters": _job_counters(tuning.trials),
        "ObjectiveStatusCounters": _objective_counters(tuning.trials),
        "Tags": {tag["Key"]: tag["Value"] for tag in tuning.request.get("Tags", [])},
    }


def _job_counters(trials: tuple[Trial, ...]) -> dict[str, int]:
    stopped = {"stopped early", "stopped"}
    return {
        "Completed": sum(trial.status == "completed" for trial in trials),
        "InProgress": sum(not trial.has_ended for trial in trials),
        "RetryableError": 0,
        "NonRetryableError": sum(trial.status == "failed" for trial in trials),
        "Stopped": sum(trial.status in stopped for trial in trials),
    }


def _objective_counters(trials: tuple[Trial, ...]) -> dict[str, int]:
    ended = [trial for trial in trials if trial.has_ended]
    return {
        "Succeeded": sum(trial.objective is not None for trial in ended),
        "Pending": len(trials) - len(ended),
        "Failed": sum(trial.objective is None for trial in ended),
    }


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
