"""What SageMaker says of a tuning job and of its training jobs, as search and trials. Pure.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeHyperParameterTuningJob.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTrainingJobSummary.html
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from traindrop.job_state import TOO_LONG
from traindrop.run import Run
from traindrop.trial import DEFAULTS, Trial, TrialStatus
from traindrop.tuning_search import Search

Described = Mapping[str, Any]
# <tuning job>-<number>-<8 hex>
_CHILD = re.compile(r".*-(?P<number>\d{3,})-[0-9a-f]{8}", re.DOTALL)
_STATUS: dict[str, TrialStatus] = {"Completed": "completed", "Failed": "failed"}


def search_of(tuning: Described) -> Search:
    """How a tuning job stands. One that is being deleted, or could not be, has been stopped."""
    status = tuning["HyperParameterTuningJobStatus"]
    return Search(
        status="Stopped" if status in {"Deleting", "DeleteFailed"} else status,
        reason=tuning.get("FailureReason") or None,
        ended_at=tuning.get("HyperParameterTuningEndTime"),
        instance_type=tuning["TrainingJobDefinition"].get("ResourceConfig", {}).get("InstanceType"),
    )


def trials_of_children(tuning: Described, children: Sequence[Described], billed: Mapping[str, int]) -> list[Trial]:
    """The trials of a tuning job, by number; `billed`: seconds by job, of those of which it is known.

    Others are billed from their start to their end (TrainingEndTime, DescribeTrainingJob).
    """
    by_creation = sorted(children, key=lambda child: (child["CreationTime"], child["TrainingJobName"]))
    trials = [
        _trial(number, child, tuning, by_creation, billed)
        for number, child in zip(_numbers(by_creation), by_creation, strict=True)
    ]
    return sorted(trials, key=lambda trial: trial.number)


def trial_of_defaults(run: Run, tuning: Described, job: Described | None) -> Trial:
    """The trial with the defaults; `job`: DescribeTrainingJob's answer, None where there is no such job (yet)."""
    if job is None:
        refused = run.defaults_refused.get(run.defaults_job)
        if refused is not None:
            return Trial(number=DEFAULTS, job=run.defaults_job, status="failed", reason=refused)
        gone = run.stop_requested_by is not None
        return Trial(number=DEFAULTS, job=run.defaults_job, status="stopped" if gone else "waiting")
    known = job.get("HyperParameters", {})
    values = [metric["Value"] for metric in job.get("FinalMetricDataList", []) if metric["MetricName"] == run.objective]
    objective = _number(values[-1]) if values else None
    return Trial(
        number=DEFAULTS,
        job=run.defaults_job,
        status=_status(job, stopped="stopped"),
        hyperparameters={name: _decoded(known[name]) for name in tuned_names(tuning) if name in known},
        objective=objective,
        reason=_reason(
            job, run.objective or "", objective, too_long=job.get("SecondaryStatus") == "MaxRuntimeExceeded"
        ),
        **_times(job, job.get("BillableTimeInSeconds")),
    )


def tuned_names(tuning: Described) -> Iterator[str]:
    """The hyperparameters that have ranges."""
    ranges = tuning["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    for kind in ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges"):
        yield from (each["Name"] for each in ranges.get(kind, []))


def _trial(
    number: int, child: Described, tuning: Described, children: Sequence[Described], billed: Mapping[str, int]
) -> Trial:
    config = tuning["HyperParameterTuningJobConfig"]
    metric = config.get("HyperParameterTuningJobObjective", {}).get("MetricName", "its objective")
    objective = _number(child.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value"))
    too_long = _ran_too_long(child, tuning)
    early = not too_long and _stops_early(config) and not _was_stopped_with_the_tuning(child, tuning, children)
    name = child["TrainingJobName"]
    return Trial(
        number=number,
        job=name,
        status=_status(child, stopped="stopped early" if early else "stopped"),
        hyperparameters={key: _decoded(text) for key, text in child["TunedHyperParameters"].items()},
        objective=objective,
        reason=_reason(child, metric, objective, too_long=too_long),
        **_times(child, billed.get(name)),
    )


def _numbers(children: Sequence[Described]) -> list[int]:
    """As their names have them; else, from 1, as they were created."""
    found = [_CHILD.fullmatch(child["TrainingJobName"]) for child in children]
    named = [int(each["number"]) for each in found if each is not None]
    return named if len(set(named) - {DEFAULTS}) == len(children) else list(range(1, len(children) + 1))


def _status(job: Described, stopped: TrialStatus) -> TrialStatus:
    status = job["TrainingJobStatus"]
    return stopped if status == "Stopped" else _STATUS.get(status, "running")


def _stops_early(config: Described) -> bool:
    """Hyperband has a way of its own to stop trials early, whatever TrainingJobEarlyStoppingType says."""
    return config.get("TrainingJobEarlyStoppingType") == "Auto" or config.get("Strategy") == "Hyperband"


def _was_stopped_with_the_tuning(child: Described, tuning: Described, children: Sequence[Described]) -> bool:
    """Nobody says why a trial was stopped. After one that was stopped early the tuning goes on with another."""
    if tuning["HyperParameterTuningJobStatus"] not in {"Stopped", "Stopping"}:
        return False
    ended = child.get("TrainingEndTime")
    return ended is None or not any(other["CreationTime"] > ended for other in children)


def _ran_too_long(child: Described, tuning: Described) -> bool:
    longest = tuning["TrainingJobDefinition"].get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    started, ended = child.get("TrainingStartTime"), child.get("TrainingEndTime")
    if child["TrainingJobStatus"] != "Stopped" or not (longest and started and ended):
        return False
    lasted: timedelta = ended - started
    return lasted >= timedelta(seconds=longest)


def _reason(job: Described, metric: str, objective: float | None, *, too_long: bool) -> str | None:
    if job.get("FailureReason"):
        return str(job["FailureReason"])
    if too_long:
        return TOO_LONG
    return f"It logged no {metric}." if job["TrainingJobStatus"] == "Completed" and objective is None else None


def _times(job: Described, billed: int | None) -> dict[str, Any]:
    started: datetime | None = job.get("TrainingStartTime")
    ended: datetime | None = job.get("TrainingEndTime")
    if billed is None and started and ended:
        billed = math.ceil((ended - started).total_seconds())
    return {"created_at": job.get("CreationTime"), "started_at": started, "ended_at": ended, "billable_seconds": billed}


def _number(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _decoded(text: str) -> str | int | float | bool:
    """A value as the request has it: a number, or a choice, which script mode writes as JSON."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, float) and not math.isfinite(found):
        return text
    return found if isinstance(found, str | int | float | bool) else text
