"""From the end of a run to its one message. What is told comes from the ledger, not from the event."""

import hashlib
import json
from collections.abc import Callable
from functools import singledispatch
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from traindrop import aws
from traindrop.chat import notification
from traindrop.clock import now
from traindrop.ending import conclude
from traindrop.events import (
    SILENT,
    FailureNotice,
    InvocationFailed,
    RunEnded,
    TrainingJobStateChange,
    TuningJobStateChange,
)
from traindrop.failures import record_failure
from traindrop.ledger import Ledger
from traindrop.logs import about, log
from traindrop.measuring import measure, of_end
from traindrop.message import Message, compose
from traindrop.outcome import Outcome, internal_error, outcome_of
from traindrop.places import NOWHERE, Places
from traindrop.run import FINAL, Run, Status
from traindrop.settings import NotifierSettings
from traindrop.webhook import webhook_message

LOG_LINES = 20

Notice = RunEnded | TrainingJobStateChange | TuningJobStateChange | FailureNotice
NOTICE: TypeAdapter[Notice] = TypeAdapter(Notice, config=SILENT)


@singledispatch
def notify(notice: Any, settings: NotifierSettings) -> list[str]:  # noqa: ARG001 - the implementations below use it
    """Send what is to be told of `notice`; the runs whose message went out by this call.

    Safe to call any number of times. An exception means: deliver the event again.
    """
    raise TypeError(f"no message is known for {type(notice).__name__}")


@notify.register
def _(notice: RunEnded, settings: NotifierSettings) -> list[str]:
    return tell(notice.detail.run, settings)


@notify.register
def _(notice: TrainingJobStateChange | TuningJobStateChange, settings: NotifierSettings) -> list[str]:
    """A job that failed or was stopped; where there will be another attempt, there is nothing to tell yet."""
    run = conclude(notice.detail.training_job_name, Ledger(settings.table))
    return [] if run is None else tell(run.run, settings)


@notify.register
def _(notice: FailureNotice, settings: NotifierSettings) -> list[str]:
    """A part of traindrop gave up on an event, which waits in the dead-letter queue now."""
    told = []
    for failure in notice.failures():
        runs = record_failure(failure, settings)
        told += [name for run in runs for name in tell(run, settings)] if runs else _tell_of(failure, settings)
    return told


def _tell_of(failure: InvocationFailed, settings: NotifierSettings) -> list[str]:
    """Publish the message of a failure that belongs to no run: once for an event, however often it comes."""
    event = json.dumps([failure.function, failure.request_payload], sort_keys=True)
    name = f"#failure/{hashlib.sha256(event.encode()).hexdigest()}"
    return [name] if _send_once(name, lambda: internal_error(failure, settings.dead_letter_queue), settings) else []


def tell(name: str, settings: NotifierSettings) -> list[str]:
    """Publish the message of a run that ended, once.

    Two deliveries at the same time: one has the claim, the other returns; if the first dies on the
    way, Lambda delivers its event again after the claim ran out. Between publish and record lies one
    call: a crash right there repeats the message, it is never lost.
    """
    run = Ledger(settings.table).get(name)
    if run is None or run.status not in FINAL:
        return []
    with about(name):
        if not _send_once(name, lambda: _outcome(run, settings.dead_letter_queue, _places(run, settings)), settings):
            return []
        log().info("told", extra={"status": run.status})
        measure(settings.stack, **of_end(run, now()))
    return [name]


def _send_once(name: str, look_up: Callable[[], Outcome], settings: NotifierSettings) -> bool:
    ledger = Ledger(settings.table)
    if not ledger.claim_message(name, now()):
        return False
    try:
        _send(name, look_up(), settings)
    except Exception:
        # Else the next try would find the claim taken, return, and pass for a success.
        ledger.release_message(name, now())
        raise
    ledger.record_message(name, now())
    return True


def _send(name: str, outcome: Outcome, settings: NotifierSettings) -> None:
    """The topic of messages last: what fails before it is sent again, and a webhook tells that by its id."""
    message = compose(outcome)
    if settings.webhook_key_arn:
        _send_to_webhook(name, outcome, settings)
    if settings.chat_topic_arn:
        chat = json.dumps(notification(outcome, message.subject))
        aws.publish(settings.chat_topic_arn, message.subject, chat, message.attributes)
    aws.publish(settings.topic_arn, message.subject, message.body, message.attributes)


def _send_to_webhook(name: str, outcome: Outcome, settings: NotifierSettings) -> None:
    """A key that somebody put there and that is none keeps nobody from the mail."""
    key = aws.secret(settings.webhook_key_arn)
    try:
        message = webhook_message(outcome, name, settings.stack, key, now())
    except ValueError:
        log().error("the webhook got nothing: its key is no base64")
        return
    aws.emit_message(settings.stack, message)


def _places(run: Run, settings: NotifierSettings) -> Places:
    """Without links where they cannot be made: a message is worth more than they are."""
    if not run.was_launched:
        return NOWHERE
    try:
        return aws.places(run.bucket, (run.model_key, run.report_key), settings.link_role_arn)
    except (ClientError, BotoCoreError) as error:
        log().warning("no links could be made", extra={"why": str(error)})
        return NOWHERE


def message_of(run: Run) -> Message:
    """The message of a run that ended, without links, as whoever may read the bucket gets it.

    Raises `KeyError` for a run that has not ended.
    """
    found = frozenset({run.report_key} if run.was_launched and aws.exists(run.bucket, run.report_key) else ())
    return compose(_outcome(run, "", Places(found)))


def _outcome(run: Run, dead_letter_queue: str, places: Places) -> Outcome:
    """Of a run that went wrong with the last lines of its job's log; of a tuning of the trial that tells most."""
    went_wrong = run.was_launched and run.status is not Status.EVALUATED
    lines = aws.last_log_lines(run.logging_job, LOG_LINES) if went_wrong else []
    return outcome_of(run, lines, dead_letter_queue, places)
