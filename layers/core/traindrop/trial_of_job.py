"""A trial as the training job stands that carries it out in Lambda."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime

from traindrop.job_state import JobState, describe
from traindrop.lambda_jobs import LambdaJob
from traindrop.trial import Trial, TrialStatus

# Characters of a reason: the records of 200 trials have to fit into one item of the ledger, of 400 KB.
_MOST_OF_REASON = 500


def as_it_stands(trial: Trial, carried_out: LambdaJob, objective: str) -> Trial:
    """The trial with what its job tells; `objective` is the name of the metric that the tuning is about."""
    job = carried_out.state
    value = _value(job, objective)
    status, reason = _outcome(carried_out, objective, value)
    return trial.model_copy(
        update={
            "status": status,
            "objective": value,
            "curve": dict(carried_out.curve),
            "created_at": _time(job.created),
            "started_at": _time(job.training_started),
            "ended_at": _time(job.modified) if job.is_over else None,
            "billable_seconds": describe(job).get("BillableTimeInSeconds"),
            "reason": reason and reason[:_MOST_OF_REASON],
        }
    )


def _outcome(carried_out: LambdaJob, objective: str, value: float | None) -> tuple[TrialStatus, str | None]:
    job = carried_out.state
    if not job.is_over:
        return ("waiting" if job.training_started is None else "running"), None
    if job.status == "Failed":
        return "failed", job.failure_reason
    if job.status == "Stopped":
        return _why_stopped(carried_out)
    if value is None:
        return "failed", _without_objective(job, objective)
    return "completed", None


def _why_stopped(carried_out: LambdaJob) -> tuple[TrialStatus, str]:
    if carried_out.stopped_early:
        return "stopped early", "It did worse than others had done by the same round."
    if carried_out.state.secondary_status == "MaxRuntimeExceeded":
        return "stopped", "It reached its maximum run time (max_runtime in training.yaml)."
    return "stopped", "It was stopped before its end."


def _value(job: JobState, objective: str) -> float | None:
    """The last value of the metric; None where there was none, or none that is a number."""
    found = [metric["Value"] for metric in job.metrics if metric["MetricName"] == objective]
    return found[-1] if found and math.isfinite(found[-1]) else None


def _without_objective(job: JobState, objective: str) -> str:
    if any(metric["MetricName"] == objective for metric in job.metrics):
        return f"The last value of the objective {objective!r} in its log is no number that could be compared."
    return f"The objective {objective!r} never appeared in its log, which has {_listed(_names(job))}."


def _names(job: JobState) -> list[str]:
    return sorted({str(metric["MetricName"]) for metric in job.metrics})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none of its metrics"


def _time(moment: float | None) -> datetime | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC)
