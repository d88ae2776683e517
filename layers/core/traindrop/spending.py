"""What the stack's training jobs cost in a month: each is counted at its worst case from before it is created, and at
what it did cost from when it has ended.

Months are those of UTC. A job counts in the month in which it was launched.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from traindrop import cost, training_jobs
from traindrop.clock import now
from traindrop.cost_words import unpriced, worst_case
from traindrop.events import TrainingJob
from traindrop.ledger import LEASE, Ledger
from traindrop.run import Run, run_of


def reserve(run: Run, ledger: Ledger, ceiling: Decimal | None) -> str | None:
    """Count the job of the run's attempt at its worst case; where the month's ceiling has no room for it, why."""
    worst = run.worst_case_usd
    if worst is None:
        return reason_against(run, ledger, ceiling)
    *earlier, this = _months(_since(run), now())
    for month in earlier if run.launch_tries > 1 else ():
        # A launch that was cut off just before the month ended.
        ledger.settle(month, run.job, Decimal(0))
    if ledger.reserve(this, run.job, worst, ceiling):
        return None
    # Whoever should have settled what has ended may have died.
    settle_ended(ledger)
    if ledger.reserve(this, run.job, worst, ceiling):
        return None
    why_not = reason_against(run, ledger, ceiling)
    if why_not is None:
        raise RuntimeError(f"{run.job} could not be counted just now, and could be a moment later; it is tried again")
    return why_not


def reason_against(run: Run, ledger: Ledger, ceiling: Decimal | None) -> str | None:
    """Why a run would not keep the month's ceiling as things are, None where it would. Nothing is counted."""
    if ceiling is None:
        return None
    worst, tariff = run.worst_case_usd, run.tariff
    if worst is None or tariff is None:
        return f"{unpriced(run, 'MaxMonthlyCostUsd')}, or set that parameter of the stack to 0."
    month = month_of(now())
    counted = ledger.spending(month)
    if counted.total + worst <= ceiling:
        return None
    flying = f", {cost.dollars(counted.reserved)} in flight at its worst case" if counted.in_flight else ""
    return (
        f"The run may cost {worst_case(run, run.longest_attempt or 0, tariff)}. With it {month} would come to "
        f"{cost.dollars(counted.total + worst)}: {cost.dollars(counted.spent)} is spent{flying}. The stack's "
        f"MaxMonthlyCostUsd is {cost.exact(ceiling)}. Lower max_runtime, raise the parameter, or drop the file again "
        f"from {_next_month(month)}-01 (UTC) on."
    )


def settle(run: Run, usd: Decimal, ledger: Ledger) -> None:
    """Count the job of the run's attempt at what it did cost. Done again it changes nothing."""
    if run.worst_case_usd is not None:
        for month in _months(_since(run), now()):
            ledger.settle(month, run.job, usd)


def settle_ended(ledger: Ledger) -> None:
    """Settle the jobs that have ended and were not settled then: an event was lost, or a function died."""
    at = now()
    # A job takes 28 days at the most.
    for month in _months(at - timedelta(days=28), at):
        for job in sorted(ledger.spending(month).in_flight):
            run = ledger.get(run_of(job)[0])
            if run is not None and run.awaits(job):
                continue
            place, found = training_jobs.find_named(job, ledger)
            if found is None or found.has_ended:
                usd = Decimal(0) if run is None or found is None else cost_of(_at(run, place), found)
                ledger.settle(month, job, usd)


def cost_of(run: Run, job: TrainingJob) -> Decimal:
    """What one job that has ended did cost, of a run with a price; its worst case where SageMaker does not tell."""
    if job.billable_time_in_seconds is not None and run.tariff is not None:
        return cost.training_cost(job.billable_time_in_seconds, run.instance_count, run.tariff.hourly_usd)
    # What never began to train had no instance.
    return Decimal(0) if job.training_start_time is None else run.worst_case_usd or Decimal(0)


def _at(run: Run, place: str | None) -> Run:
    """A run as it was when a job of that place was its present one."""
    return run if place is None else run.model_copy(update={"instance_type": place})


def month_of(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _since(run: Run) -> datetime:
    """No job of the run's present attempt was counted before: whoever did had the launch for the time of a lease."""
    return (run.launched_at or run.created_at) - LEASE


def _months(since: datetime, until: datetime) -> Iterator[str]:
    month, last = month_of(since), month_of(until)
    while month < last:
        yield month
        month = _next_month(month)
    yield last


def _next_month(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}"
