"""From the end of a run to its one message. What is told comes from the ledger, not from the event."""

from functools import singledispatch
from typing import Any

from pydantic import TypeAdapter

from traindrop import aws
from traindrop.clock import now
from traindrop.events import FailureNotice, OurEvent, TrainingJob, TrainingJobStateChange
from traindrop.failures import record_failure
from traindrop.ledger import Ledger
from traindrop.message import Message, compose
from traindrop.outcome import internal_error, outcome_of
from traindrop.run import FINAL, Run, Status
from traindrop.settings import NotifierSettings

LOG_LINES = 20

Notice = OurEvent | TrainingJobStateChange | FailureNotice
NOTICE: TypeAdapter[Notice] = TypeAdapter(Notice)


@singledispatch
def notify(notice: Any, settings: NotifierSettings) -> list[str]:  # noqa: ARG001 - the implementations below use it
    """Send what is to be told of `notice`; the runs whose message went out by this call.

    Safe to call any number of times. An exception means: deliver the event again.
    """
    raise TypeError(f"no message is known for {type(notice).__name__}")


@notify.register
def _(notice: OurEvent, settings: NotifierSettings) -> list[str]:
    return tell(notice.detail.run, settings)


@notify.register
def _(notice: TrainingJobStateChange, settings: NotifierSettings) -> list[str]:
    """A job that failed or was stopped. The service is asked, since events come late and in any order."""
    name = notice.detail.training_job_name
    ledger = Ledger(settings.table)
    if ledger.get(name) is None:
        return []
    job = aws.describe_training_job(name)
    if job.training_job_status == "Failed":
        ledger.advance(name, Status.FAILED, reason=job.failure_reason, ended_at=now(), **job.for_ledger())
    elif job.training_job_status == "Stopped":
        ledger.advance(name, Status.STOPPED, reason=_why_stopped(job), ended_at=now(), **job.for_ledger())
    return tell(name, settings)


@notify.register
def _(notice: FailureNotice, settings: NotifierSettings) -> list[str]:
    """A part of traindrop gave up on an event, which waits in the dead-letter queue now."""
    told = []
    for failure in notice.failures():
        runs = record_failure(failure, settings)
        if not runs:
            message = compose(internal_error(failure, settings.dead_letter_queue))
            aws.publish(settings.topic_arn, message.subject, message.body, message.attributes)
        for run in runs:
            told += tell(run, settings)
    return told


def tell(name: str, settings: NotifierSettings) -> list[str]:
    """Publish the message of a run that ended, once.

    Two deliveries at the same time: one has the claim, the other returns; if the first dies on the
    way, Lambda delivers its event again after the claim ran out. Between publish and record lies one
    call: a crash right there repeats the message, it is never lost.
    """
    ledger = Ledger(settings.table)
    run = ledger.get(name)
    if run is None or run.status not in FINAL or not ledger.claim_message(name, now()):
        return []
    try:
        _publish(run, settings)
    except Exception:
        # Else the next try would find the claim taken, return, and pass for a success.
        ledger.release_message(name, now())
        raise
    ledger.record_message(name, now())
    return [name]


def message_of(run: Run, dead_letter_queue: str = "") -> Message:
    """The message of a run that ended; of one that went wrong with the last lines of its job's log.

    Raises `KeyError` for a run that has not ended.
    """
    went_wrong = run.was_launched and run.status is not Status.EVALUATED
    lines = aws.last_log_lines(run.run, LOG_LINES) if went_wrong else []
    return compose(outcome_of(run, lines, dead_letter_queue))


def _publish(run: Run, settings: NotifierSettings) -> None:
    message = message_of(run, settings.dead_letter_queue)
    aws.publish(settings.topic_arn, message.subject, message.body, message.attributes)


def _why_stopped(job: TrainingJob) -> str:
    if job.secondary_status == "MaxRuntimeExceeded":
        return "It reached its maximum run time (max_runtime in training.yaml) and was stopped unfinished."
    if job.secondary_status == "MaxWaitTimeExceeded":
        return "It waited for spot capacity longer than it was allowed to, and was stopped."
    return job.failure_reason or "It was stopped from outside before it was done."
