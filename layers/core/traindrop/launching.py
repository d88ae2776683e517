"""From an upload to a launched training job, or to a rejection that says what to mend."""

from typing import Any

from botocore.exceptions import ClientError

from traindrop import aws
from traindrop.announcing import announce
from traindrop.bundle import make_bundle
from traindrop.clock import now
from traindrop.config import MAX_BYTES, TrainingConfig, parse_config
from traindrop.drop import Drop, decide, new_run
from traindrop.errors import LaunchRefused, Rejected
from traindrop.events import Upload
from traindrop.ledger import Ledger
from traindrop.request import Job, training_job_request
from traindrop.run import Run, Status, run_name
from traindrop.settings import LauncherSettings
from traindrop.upload_path import config_key, parse_key, test_prefix, train_prefix

# Set on a training.yaml that is uploaded together with a CSV: the CSV's own event launches the run.
ACCOMPANIES = "traindrop-accompanies"

# What SageMaker answers to a request that it will not take later either. Everything else
# (throttling, its own errors) is left to Lambda's retries.
_REFUSALS = {"ValidationException", "AccessDeniedException", "ResourceLimitExceeded", "ResourceNotFound"}


def receive_all(uploads: list[Upload], settings: LauncherSettings) -> list[str]:
    """`receive` for each upload of an event: one that fails does not keep the others from their turn.

    Raises `ExceptionGroup` at the end, so that the event is delivered again.
    """
    runs: list[str] = []
    failures: list[Exception] = []
    for upload in uploads:
        try:
            run = receive(upload, settings)
        except Exception as error:  # noqa: BLE001 - raised below, together
            failures.append(error)
        else:
            runs += [run] if run else []
    if failures:
        # The text is what the person is told when Lambda gives up.
        why = "; ".join(map(str, failures))
        raise ExceptionGroup(f"{len(failures)} of {len(uploads)} uploads could not be processed: {why}", failures)
    return runs


def receive(upload: Upload, settings: LauncherSettings) -> str | None:
    """Carry one upload to its training job or its rejection; the run's name, None where there is none.

    Safe to call any number of times for the same upload. An exception means: deliver it again.
    """
    try:
        path = parse_key(upload.key)
    except Rejected as error:
        return _reject(_unplaced(upload, "", settings), str(error), settings)
    if path is None:
        return None
    config = aws.read_object(upload.bucket, config_key(path.dataset), max_bytes=MAX_BYTES)
    text, metadata = config or (None, {})
    if path.is_config:
        if ACCOMPANIES in metadata:
            return None
        newest = aws.newest_csv(upload.bucket, train_prefix(path.dataset))
        if newest is None:
            return _check_lone_config(upload, path.dataset, text, settings)
        upload = newest.model_copy(update={"uploaded_at": upload.uploaded_at})
    test = aws.newest_csv(upload.bucket, test_prefix(path.dataset))
    bundle = make_bundle(settings.training_scripts / "xgboost")
    return _settle(Drop(upload, path.dataset, text, test, bundle), settings)


def _settle(drop: Drop, settings: LauncherSettings) -> str:
    run = drop.as_run(settings)
    ledger = Ledger(settings.table)
    known = ledger.get(run.run)
    if known is not None:
        if run.version_id is not None and run.version_id not in known.uploads:
            ledger.note_again(run.run, run.version_id)
        if known.status is not Status.WAITING:
            announce(known, settings.stack)
            return run.run
    try:
        run, config = decide(drop, run)
    except Rejected as error:
        return _reject(run, str(error), settings)
    ledger.create(run)
    return _launch(run, drop, config, ledger, settings)


def _launch(run: Run, drop: Drop, config: TrainingConfig, ledger: Ledger, settings: LauncherSettings) -> str:
    try:
        request = training_job_request(_job(run, drop, settings), config)
        if not aws.exists(run.bucket, drop.bundle.key):
            aws.put(run.bucket, drop.bundle.key, drop.bundle.body, "application/gzip")
        aws.put_json(run.bucket, run.request_key, request)
        launched = now()
        _create(request)
    except LaunchRefused as error:
        ledger.advance(run.run, Status.FAILED, reason=str(error), ended_at=now())
        announce(ledger.stored(run.run), settings.stack)
        return run.run
    ledger.advance(run.run, Status.IN_PROGRESS, launched_at=launched)
    return run.run


def _create(request: dict[str, Any]) -> None:
    try:
        aws.create_training_job(request)
    except ClientError as error:
        # The name is this run's alone, so a job that has it is this run's: an earlier try got through.
        if aws.error_code(error) == "ResourceInUse":
            return
        if aws.error_code(error) in _REFUSALS:
            raise LaunchRefused(f"{aws.error_code(error)}: {aws.error_message(error)}") from error
        raise


def _job(run: Run, drop: Drop, settings: LauncherSettings) -> Job:
    return Job(
        run=run.run,
        stack=settings.stack,
        dataset=run.dataset,
        bucket=run.bucket,
        train_key=run.key,
        test_key=run.test_key,
        bundle_key=drop.bundle.key,
        target=run.target or "",
        task=run.task or "auto",
        role_arn=settings.training_role_arn,
        region=settings.aws_region,
        owner=settings.owner,
    )


def _check_lone_config(upload: Upload, dataset: str, text: bytes | None, settings: LauncherSettings) -> str | None:
    """There is nothing to train on yet, but a mistake is better told now than with the first CSV."""
    try:
        parse_config(text or b"", file="training.yaml")
    except Rejected as error:
        return _reject(_unplaced(upload, dataset, settings), str(error), settings)
    return None


def _unplaced(upload: Upload, dataset: str, settings: LauncherSettings) -> Run:
    name = run_name(settings.stack, dataset, settings.stack_id, upload.bucket, upload.key, upload.etag)
    return new_run(name, dataset or "(none)", upload)


def _reject(run: Run, reason: str, settings: LauncherSettings) -> str:
    fields = {"reason": reason, "ended_at": now()}
    ledger = Ledger(settings.table)
    rejected = run.model_copy(update={"status": Status.REJECTED, **fields})
    # Where it is there already, an earlier try accepted it or was cut off while it told of the rejection.
    if not ledger.create(rejected):
        ledger.advance(run.run, Status.REJECTED, **fields)
    announce(ledger.stored(run.run), settings.stack)
    return run.run
