"""A training job came to its end: the ledger's record of it, and whether there is another attempt."""

from decimal import Decimal

from traindrop import training_jobs
from traindrop.attempts import AnotherAttempt, another_attempt
from traindrop.clock import now
from traindrop.cost import training_cost
from traindrop.cost_words import allows_another_attempt
from traindrop.events import TrainingJob, TuningJob
from traindrop.job_state import TOO_LONG
from traindrop.ledger import Ledger
from traindrop.run import Run, Status, run_of
from traindrop.spending import cost_of, settle

_NO_MORE = "\nIt was not tried again: a further attempt might have cost more than max_cost_usd leaves."


def conclude(job_name: str, ledger: Ledger) -> Run | None:
    """Record how a training job stands; its run then, None where it is not this stack's or of an earlier attempt.

    Whoever carries the job out is asked, since events come late and in any order.
    """
    name, attempt = run_of(job_name)
    run = ledger.get(name)
    if run is None or run.attempt != attempt:
        return None
    if not run.goes_on:
        return run
    job = training_jobs.describe(run, ledger)
    if job.has_ended:
        # First, since who moves the run on is the last to come by here.
        settle(run, cost_of(run, job), ledger)
    again = another_attempt(job, attempt) if run.stop_requested_by is None else None
    # The request names the instance type also of a job in Lambda: a further attempt is always SageMaker's.
    there = run.model_copy(update={"instance_type": job.resource_config.instance_type or run.instance_type})
    too_much = again is not None and not allows_another_attempt(there, _spent(run, job))
    if again is not None and not too_much:
        return _try_again(run, there, job, again, ledger)
    billable = _of_all_attempts(run.earlier_billable_seconds, job.billable_time_in_seconds)
    # What would have been billed without spot.
    trained = _of_all_attempts(run.earlier_training_seconds, job.training_time_in_seconds)
    fields = {**_of_job(run, job), "billable_seconds": billable, "training_seconds": trained}
    if job.training_job_status == "Completed":
        ledger.advance(name, Status.COMPLETED, now(), attempt=attempt, **fields)
    elif job.training_job_status == "Failed":
        reason = f"{job.failure_reason or ''}{_NO_MORE if too_much else ''}" or None
        ledger.advance(name, Status.FAILED, now(), attempt=attempt, reason=reason, ended_at=now(), **fields)
    elif job.training_job_status == "Stopped":
        ledger.advance(
            name, Status.STOPPED, now(), attempt=attempt, reason=_why_stopped(run, job), ended_at=now(), **fields
        )
    return ledger.stored(name)


def _of_job(run: Run, job: TrainingJob) -> dict[str, object]:
    """What the ledger keeps of it; of a tuning with what is to be said of it, among the run's notes."""
    if not isinstance(job, TuningJob) or not job.remarks:
        return job.for_ledger()
    return {**job.for_ledger(), "notes": tuple(dict.fromkeys((*run.notes, *job.remarks)))}


def _try_again(run: Run, there: Run, job: TrainingJob, again: AnotherAttempt, ledger: Ledger) -> Run:
    """`there`: the run in the place of its further attempt."""
    moves = there.instance_type != run.instance_type
    ledger.try_again(
        there,
        now(),
        instance_type=there.instance_type,
        earlier_usd=_spent(run, job) if moves else run.earlier_usd,
        waits_for=again.waits_for,
        not_before=now() + again.after,
        earlier_failures=(*run.earlier_failures, f"{run.job}: {job.failure_reason or job.secondary_status}"),
        # Seconds of another place have another price.
        earlier_billable_seconds=0 if moves else run.earlier_billable_seconds + (job.billable_time_in_seconds or 0),
        earlier_training_seconds=0 if moves else run.earlier_training_seconds + (job.training_time_in_seconds or 0),
    )
    return ledger.stored(run.run)


def _of_all_attempts(earlier: int, this: int | None) -> int | None:
    """Seconds; None where none are known."""
    return (earlier or None) if this is None else earlier + this


def _spent(run: Run, job: TrainingJob) -> Decimal:
    """On all attempts, USD, this one included."""
    hourly = run.tariff.hourly_usd if run.tariff else Decimal(0)
    earlier = training_cost(run.earlier_billable_seconds, run.instance_count, hourly)
    return run.earlier_usd + earlier + cost_of(run, job)


def _why_stopped(run: Run, job: TrainingJob) -> str:
    if isinstance(job, TuningJob) and job.failure_reason is not None:
        return job.failure_reason
    if job.secondary_status == "MaxRuntimeExceeded":
        return TOO_LONG
    if job.secondary_status == "MaxWaitTimeExceeded":
        return "It waited for spot capacity longer than it was allowed to, and was stopped."
    if run.stop_requested_by is not None:
        return f"Stopped by {run.stop_requested_by} while it trained."
    return job.failure_reason or "It was stopped from outside before it was done."
