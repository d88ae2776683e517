"""From an upload to a launched training job, or to a rejection that says what to mend."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from traindrop import aws
from traindrop.bundle import Bundle, make_bundle
from traindrop.checks import check_hyperparameters, check_test_data, check_training_data
from traindrop.clock import now
from traindrop.config import MAX_BYTES, TrainingConfig, parse_config
from traindrop.errors import LaunchRefused, Rejected
from traindrop.events import RunEnded, Upload
from traindrop.ledger import Ledger
from traindrop.request import Job, instance_type, training_job_request
from traindrop.run import Run, Status, run_name
from traindrop.settings import LauncherSettings
from traindrop.upload_path import config_key, parse_key, test_prefix, train_prefix

# Enough rows to know the columns, little enough to read and parse in well under a second.
SAMPLE_BYTES = 1024 * 1024
# Set on a training.yaml that is uploaded together with a CSV: the CSV's own event launches the run.
ACCOMPANIES = "traindrop-accompanies"

# What SageMaker answers to a request that it will not take later either. Everything else
# (throttling, its own errors) is left to Lambda's retries.
_REFUSALS = {"ValidationException", "AccessDeniedException", "ResourceLimitExceeded", "ResourceNotFound"}


@dataclass(frozen=True)
class Drop:
    """An upload, with all that decides what becomes of it."""

    upload: Upload
    dataset: str
    config: bytes | None
    test: Upload | None
    bundle: Bundle

    def as_run(self, settings: LauncherSettings) -> Run:
        test = self.test
        name = run_name(
            settings.stack,
            self.dataset,
            settings.stack_id,
            self.upload.bucket,
            self.upload.key,
            self.upload.etag,
            self.config.hex() if self.config is not None else "",
            self.bundle.digest,
            test.etag if test else "",
        )
        return _new_run(name, self.dataset, self.upload).model_copy(
            update={
                "test_key": test.key if test else None,
                "test_etag": test.etag if test else None,
                "test_version_id": test.version_id if test else None,
            }
        )


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
    if known is not None and known.status is not Status.WAITING:
        _tell_if_untold(known, settings)
        return run.run
    try:
        run, config = decide(drop, run)
    except Rejected as error:
        return _reject(run, str(error), settings)
    ledger.create(run)
    return _launch(run, drop, config, ledger, settings)


def decide(drop: Drop, run: Run) -> tuple[Run, TrainingConfig]:
    """The check before money is spent: the run with what was learned, and its config.

    Reads the first megabyte of the CSV files. Raises `Rejected`.
    """
    config = parse_config(drop.config or b"", file="training.yaml")
    check_hyperparameters(config.hyperparameters)
    sample = _sample(drop.upload)
    training = check_training_data(
        sample,
        complete=drop.upload.size <= SAMPLE_BYTES,
        target=config.target,
        task=config.task,
        drop=config.drop,
        file=run.file,
    )
    if drop.test is not None:
        check_test_data(
            _sample(drop.test),
            complete=drop.test.size <= SAMPLE_BYTES,
            training=training,
            file=drop.test.key.rsplit("/", 1)[-1],
        )
    learned: dict[str, Any] = {
        "target": training.target,
        "task": training.task,
        "columns": training.columns,
        "rows": training.rows,
        "metric": config.metric,
        "instance_type": instance_type(config),
        "instance_count": config.instance_count,
    }
    return run.model_copy(update=learned), config


def _sample(upload: Upload) -> bytes:
    found = aws.read_start(upload.bucket, upload.key, upload.version_id, max_bytes=SAMPLE_BYTES)
    if found is None:
        raise Rejected(f"{upload.key} was deleted before it could be read. Drop it again.")
    return found


def _launch(run: Run, drop: Drop, config: TrainingConfig, ledger: Ledger, settings: LauncherSettings) -> str:
    try:
        request = training_job_request(_job(run, drop, settings), config)
        if not aws.exists(run.bucket, drop.bundle.key):
            aws.put(run.bucket, drop.bundle.key, drop.bundle.body, "application/gzip")
        aws.put_json(run.bucket, run.request_key, request)
        _create(request)
    except LaunchRefused as error:
        if ledger.advance(run.run, Status.FAILED, reason=str(error), ended_at=now()):
            _emit_end("Launch Failed", run, Status.FAILED, str(error), settings)
        return run.run
    ledger.advance(run.run, Status.IN_PROGRESS, launched_at=now())
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
    return _new_run(name, dataset or "(none)", upload)


def _new_run(name: str, dataset: str, upload: Upload) -> Run:
    return Run(
        run=name,
        dataset=dataset,
        status=Status.WAITING,
        created_at=now(),
        bucket=upload.bucket,
        key=upload.key,
        etag=upload.etag,
        size=upload.size,
        version_id=upload.version_id,
        uploaded_at=upload.uploaded_at,
    )


def _reject(run: Run, reason: str, settings: LauncherSettings) -> str:
    rejected = run.model_copy(update={"status": Status.REJECTED, "reason": reason, "ended_at": now()})
    ledger = Ledger(settings.table)
    if ledger.create(rejected):
        _emit_end("Run Rejected", run, Status.REJECTED, reason, settings)
    elif known := ledger.get(run.run):
        _tell_if_untold(known, settings)
    return run.run


def _tell_if_untold(run: Run, settings: LauncherSettings) -> None:
    """Emit once more what an earlier try recorded and may not have emitted; the notifier tells it once."""
    if run.notified_at is None and run.launched_at is None and run.reason:
        detail_type = "Run Rejected" if run.status is Status.REJECTED else "Launch Failed"
        _emit_end(detail_type, run, run.status, run.reason, settings)


def _emit_end(detail_type: Any, run: Run, status: Status, reason: str, settings: LauncherSettings) -> None:
    detail = RunEnded(run=run.run, dataset=run.dataset, status=status, reason=reason)
    aws.emit(settings.stack, detail_type, detail)
