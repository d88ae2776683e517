"""When a part of traindrop itself gives up on an event: which runs that ends, and the ledger's note of it."""

from pydantic import TypeAdapter, ValidationError

from traindrop.clock import now
from traindrop.errors import Rejected
from traindrop.events import InvocationFailed, ObjectCreated, S3Notification, TrainingJobStateChange, Upload
from traindrop.ledger import Ledger
from traindrop.run import FINAL, Run, Status, run_name
from traindrop.settings import NotifierSettings
from traindrop.upload_path import parse_key

_Payload = ObjectCreated | S3Notification | TrainingJobStateChange
_PAYLOAD: TypeAdapter[_Payload] = TypeAdapter(_Payload)


def record_failure(failure: InvocationFailed, settings: NotifierSettings) -> list[str]:
    """End the runs that the failed event was about; their names, none where it was about none."""
    try:
        event = _PAYLOAD.validate_python(failure.request_payload)
    except ValidationError:
        # An event that no part can read belongs to no run. It still waits in the dead-letter queue.
        return []
    reason = f"{failure.function} failed: {failure.error}"
    if isinstance(event, TrainingJobStateChange):
        name = event.detail.training_job_name
        # One that ended all the same, and only was not told of, is told as it ended.
        _end(name, Status.EVALUATION_FAILED, reason, failure.function, settings)
        return [name] if Ledger(settings.table).get(name) else []
    return [_fail_upload(upload, reason, failure.function, settings) for upload in event.uploads()]


def _end(name: str, status: Status, reason: str, function: str, settings: NotifierSettings) -> bool:
    ledger = Ledger(settings.table)
    return ledger.advance(name, status, reason=reason, failed_function=function, ended_at=now())


def _fail_upload(upload: Upload, reason: str, function: str, settings: NotifierSettings) -> str:
    """The launcher may have died before or after it wrote the run down; either way one run says so."""
    ledger = Ledger(settings.table)
    dataset = _dataset(upload.key)
    for run in ledger.runs(dataset):
        if (run.key, run.etag) == (upload.key, upload.etag) and run.status not in FINAL:
            _end(run.run, Status.FAILED, reason, function, settings)
            return run.run
    name = run_name(settings.stack, dataset, function, upload.bucket, upload.key, upload.etag, upload.sequencer)
    ledger.create(
        Run(
            run=name,
            dataset=dataset,
            status=Status.FAILED,
            created_at=now(),
            ended_at=now(),
            reason=reason,
            failed_function=function,
            **upload.model_dump(exclude={"sequencer"}),
        )
    )
    return name


def _dataset(key: str) -> str:
    try:
        path = parse_key(key)
    except Rejected:
        path = None
    return path.dataset if path else "(none)"
