"""When a part of traindrop itself gives up on an event: which runs that ends, and the ledger's note of it."""

from pydantic import TypeAdapter, ValidationError

from traindrop.clock import now
from traindrop.errors import Rejected
from traindrop.events import (
    SILENT,
    InvocationFailed,
    ObjectCreated,
    S3Notification,
    TrainingJobStateChange,
    TuningJobStateChange,
    Upload,
)
from traindrop.ledger import Ledger
from traindrop.run import Run, Status, run_name, run_of
from traindrop.settings import NotifierSettings
from traindrop.upload_path import parse_key

_Payload = ObjectCreated | S3Notification | TrainingJobStateChange | TuningJobStateChange
_PAYLOAD: TypeAdapter[_Payload] = TypeAdapter(_Payload, config=SILENT)


def record_failure(failure: InvocationFailed, settings: NotifierSettings) -> list[str]:
    """End the runs that the failed event was about; their names, none where it was about none."""
    try:
        event = _PAYLOAD.validate_python(failure.request_payload)
    except ValidationError:
        # An event that no part can read belongs to no run. It still waits in the dead-letter queue.
        return []
    reason = f"{failure.function} failed: {failure.error}"
    if isinstance(event, TrainingJobStateChange | TuningJobStateChange):
        return _fail_evaluation(event.detail.training_job_name, reason, failure.function, settings)
    return [_fail_upload(upload, reason, failure.function, settings) for upload in event.uploads()]


def _fail_evaluation(job: str, reason: str, function: str, settings: NotifierSettings) -> list[str]:
    name, attempt = run_of(job)
    ledger = Ledger(settings.table)
    run = ledger.get(name)
    if run is not None and run.tunes and run.goes_on:
        # The search ended, or the trial with the defaults; the other may go on. The reconciler tells of the whole.
        return [name]
    ledger.advance(
        name, Status.EVALUATION_FAILED, now(), attempt=attempt, reason=reason, failed_function=function, ended_at=now()
    )
    # One that ended all the same, and only was not told of, is told as it ended.
    return [name] if ledger.get(name) else []


def _fail_upload(upload: Upload, reason: str, function: str, settings: NotifierSettings) -> str:
    """End an upload that was never accepted. An accepted one goes on by itself: its run stands in the line."""
    ledger, which = Ledger(settings.table), upload.identity
    dataset = _dataset(upload.key)
    name = run_name(settings.stack, dataset, "not received", which)
    failed = Run(
        run=name,
        dataset=dataset,
        status=Status.FAILED,
        created_at=now(),
        ended_at=now(),
        reason=reason,
        failed_function=function,
        **upload.model_dump(exclude={"sequencer"}),
    )
    if ledger.accept(failed, which, now()):
        return name
    return ledger.answer_to(which) or name


def _dataset(key: str) -> str:
    try:
        path = parse_key(key)
    except Rejected:
        path = None
    return path.dataset if path else "(none)"
