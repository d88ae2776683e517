"""What a dead letter is, and what has to be undone before its event can be processed once more.

A letter has one of two shapes: Lambda's record of an asynchronous invocation that was given up, and an event that
EventBridge could not deliver, whose message attributes say why.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from traindrop.clock import now
from traindrop.events import (
    FailureNotice,
    InvocationFailed,
    MessageToWebhook,
    ObjectCreated,
    RerunRequested,
    RunEnded,
    S3Notification,
    Scheduled,
    StopRequested,
    TrainingJobStateChange,
    TuningJobStateChange,
    TuningRequest,
)
from traindrop.ledger import Ledger
from traindrop.run import Run, Status, run_of

_Event = (
    ObjectCreated | S3Notification | TrainingJobStateChange | TuningJobStateChange | RerunRequested | StopRequested
    | RunEnded | Scheduled | InvocationFailed | MessageToWebhook | TuningRequest
)  # fmt: skip
_EVENT: TypeAdapter[_Event] = TypeAdapter(_Event)


class NotUnderstood(Exception):
    """A message that is none of the dead letters that traindrop knows; the text says what it lacks."""


@dataclass(frozen=True)
class Letter:
    """One event that did not get processed: `payload` is what the function `function` gets of it, `error` is why.

    Of a message that a webhook did not take, `function` is the API destination.
    """

    function: str
    payload: dict[str, Any]
    event: _Event | FailureNotice
    error: str

    @property
    def about(self) -> str:
        """The upload, or the run, that the event is about."""
        match self.event:
            case ObjectCreated() | S3Notification():
                return "upload " + ", ".join(upload.key for upload in self.event.uploads())
            case TrainingJobStateChange(detail=job):
                return f"training job {job.training_job_name} {job.training_job_status}"
            case TuningJobStateChange(detail=tuning):
                return f"tuning job {tuning.training_job_name} {tuning.hyper_parameter_tuning_job_status}"
            case RerunRequested(detail=wish):
                return f"Rerun Requested of {wish.run}"
            case StopRequested(detail=wish):
                return f"Stop Requested of {wish.run}"
            case RunEnded(detail_type=what, detail=detail):
                return f"{what} of {detail.run}"
            case InvocationFailed(request_payload=request):
                return f"function that died with the training job {request.get('TrainingJobName')}"
            case TuningRequest(hyper_parameter_tuning_job_name=job):
                return f"tuning job {job}, which is to go on"
            case MessageToWebhook(detail=message):
                return f"message {message.id} to the webhook"
            case Scheduled():
                return "tick of its schedule"
            case FailureNotice():
                return "message about an event that no part of traindrop can read"

    @property
    def is_worth_repeating(self) -> bool:
        """False for a tick: the next minute's has made up for it."""
        return not isinstance(self.event, Scheduled)


def read_letter(body: str, attributes: Mapping[str, str]) -> list[Letter]:
    """What a message of the dead-letter queue asks for; `attributes` are its message attributes.

    One where the notifier could not tell that functions had given up stands for what these gave up on; for an event
    that nobody can read it stands for itself, so that it is told after all.
    Raises `NotUnderstood`.
    """
    try:
        content = json.loads(body)
    except ValueError as error:
        raise NotUnderstood(f"it is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise NotUnderstood("it is no JSON object")
    target = attributes.get("TARGET_ARN", "")
    if ":function:" in target or ":api-destination/" in target:
        why = f"{attributes.get('ERROR_CODE', 'unknown error')}: {attributes.get('ERROR_MESSAGE', 'no message')}"
        return [_letter(_function(target), content, why)]
    try:
        failure = InvocationFailed.model_validate(content)
    except ValidationError as error:
        raise NotUnderstood(
            "it is neither a record of a function that gave up nor an event with the attribute TARGET_ARN"
        ) from error
    return _letters_of(failure)


def reopen(letter: Letter, ledger: Ledger) -> list[str]:
    """Let be decided on anew what ended with the failure of the letter's function; the names of the runs it ended.

    Nothing is done where it has gone on meanwhile. Safe to call any number of times.
    """
    if isinstance(letter.event, TrainingJobStateChange | TuningJobStateChange):
        name, attempt = run_of(letter.event.detail.training_job_name)
        run = ledger.get(name)
        if run is None or run.attempt != attempt or not _ended_by(run, letter, Status.EVALUATION_FAILED):
            return []
        return [name] if ledger.reopen_evaluation(name, now()) else []
    if not isinstance(letter.event, ObjectCreated | S3Notification):
        return []
    reopened = []
    for upload in letter.event.uploads():
        answer = ledger.answer_to(upload.identity)
        run = ledger.get(answer) if answer else None
        if run is not None and _ended_by(run, letter, Status.FAILED):
            ledger.forget(upload.identity, run.run)
            reopened.append(run.run)
    return reopened


def _ended_by(run: Run, letter: Letter, status: Status) -> bool:
    # The reconciler, which gives up on an evaluation that never ends, does not know the function's full name.
    return run.status is status and run.failed_function in {letter.function, "evaluator"}


def _letters_of(failure: InvocationFailed) -> list[Letter]:
    try:
        notice = FailureNotice.model_validate(failure.request_payload)
    except ValidationError:
        return [_letter(failure.function, failure.request_payload, failure.error)]
    try:
        return [letter for told in notice.failures() for letter in _letters_of(told)]
    except NotUnderstood:
        return [Letter(failure.function, failure.request_payload, notice, failure.error)]


def _letter(function: str, payload: dict[str, Any], error: str) -> Letter:
    try:
        event = _EVENT.validate_python(payload)
    except ValidationError as why:
        raise NotUnderstood(f"{function} gave up on an event that no part of traindrop can read ({error})") from why
    return Letter(function, payload, event, error)


def _function(arn: str) -> str:
    """The name in a function's ARN (arn:aws:lambda:region:account:function:name[:version]), or in that of an API
    destination (arn:aws:events:region:account:api-destination/name/id)."""
    resource = arn.split(":", 5)[5]
    return resource.split("/")[1] if resource.startswith("api-destination/") else resource.split(":")[1]
