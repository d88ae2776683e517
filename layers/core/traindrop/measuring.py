"""The stack's metrics, as lines of the log that CloudWatch reads (embedded metric format): no call to wait for.

Each name is a custom metric, which CloudWatch bills by the hours in which it was written; so there are few, and nothing
is written where nothing happens. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from traindrop.logs import run_at_hand
from traindrop.run import Run, Status
from traindrop.waiting_line import Place

NAMESPACE, DIMENSION = "traindrop", "stack"
UNITS = {
    "RunsAccepted": MetricUnit.Count,
    "RunsLaunched": MetricUnit.Count,
    "RunsEvaluated": MetricUnit.Count,
    "RunsRejected": MetricUnit.Count,
    "RunsFailed": MetricUnit.Count,
    "RunsStopped": MetricUnit.Count,
    "RunsBeyondCeiling": MetricUnit.Count,  # refused because of MaxMonthlyCostUsd
    "MessagesSent": MetricUnit.Count,
    "BillableSeconds": MetricUnit.Seconds,
    "DropToMessageSeconds": MetricUnit.Seconds,
    "WaitingRuns": MetricUnit.Count,
    "OldestWaitingMinutes": MetricUnit.Count,  # CloudWatch has no minutes
    "RunningJobs": MetricUnit.Count,
    "OverdueRuns": MetricUnit.Count,
    "MonthSpendUsd": MetricUnit.NoUnit,
    "MonthSpendShare": MetricUnit.NoUnit,  # of MaxMonthlyCostUsd; only where there is one
}
# After its maximum run time a job is stopped by SageMaker; how long its events and their handling may take.
OVERDUE = timedelta(hours=1)
_ENDS = {
    Status.EVALUATED: "RunsEvaluated",
    Status.REJECTED: "RunsRejected",
    Status.FAILED: "RunsFailed",
    Status.EVALUATION_FAILED: "RunsFailed",
    Status.STOPPED: "RunsStopped",
}


def measure(stack: str, **values: float) -> None:
    """Write the values of metrics, by their names in UNITS, with the run at hand; nothing where there are none."""
    if not values:
        return
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_dimension(DIMENSION, stack)
    run = run_at_hand()
    if run is not None:
        metrics.add_metadata("correlation_id", run)
    for name, value in values.items():
        metrics.add_metric(name, UNITS[name], value)
    metrics.flush_metrics()


def of_end(run: Run, told_at: datetime) -> dict[str, float]:
    """What a run that was told of adds to the metrics; its message goes out once, and so do these."""
    values: dict[str, float] = {"MessagesSent": 1, **({_ENDS[run.status]: 1} if run.status in _ENDS else {})}
    if run.billable_seconds is not None:
        values["BillableSeconds"] = run.billable_seconds
    if run.status is Status.EVALUATED and run.uploaded_at is not None:
        values["DropToMessageSeconds"] = (told_at - run.uploaded_at).total_seconds()
    return values


def of_line(
    waiting: Sequence[Place], running: Sequence[Run], spent: Decimal, ceiling: Decimal | None, now: datetime
) -> dict[str, float]:
    """The state of the line and of the month; nothing where none waits and none runs: a stack at rest costs nothing.

    `running`: the runs whose jobs count as running.
    """
    if not waiting and not running:
        return {}
    oldest = min((place.since for place in waiting), default=now)
    return {
        "WaitingRuns": len(waiting),
        "OldestWaitingMinutes": max(0.0, (now - oldest).total_seconds() / 60),
        "RunningJobs": len(running),
        "OverdueRuns": sum(is_overdue(run, now) for run in running),
        "MonthSpendUsd": float(spent),
        **({} if ceiling is None else {"MonthSpendShare": float(spent / ceiling)}),
    }


def is_overdue(run: Run, now: datetime) -> bool:
    """Whether a run trains for longer than its job may take, waiting for spot capacity included."""
    if run.status is not Status.IN_PROGRESS or run.longest_seconds is None:
        return False
    # The launch that was recorded may be that of an earlier attempt, or none: where a launch was cut off in its midst.
    times = (run.created_at, run.refused_at, run.not_before, run.launched_at)
    launched = max(time for time in times if time is not None)
    return now - launched > timedelta(seconds=run.longest_seconds) + OVERDUE
