"""From an upload to its run: decided on once, whatever is delivered twice, late or in another order."""

from collections.abc import Callable
from functools import singledispatch
from itertools import chain
from typing import Any

from pydantic import TypeAdapter

from traindrop import aws
from traindrop.announcing import announce
from traindrop.clock import now
from traindrop.code import MOST_BYTES, MOST_FILES, OwnCode
from traindrop.config import MAX_BYTES, parse_config
from traindrop.dispatching import enter
from traindrop.drop import Drop, new_run
from traindrop.errors import Rejected
from traindrop.events import SILENT, ObjectCreated, RerunRequested, S3Notification, Upload
from traindrop.ledger import Ledger
from traindrop.logs import about, log
from traindrop.measuring import measure
from traindrop.preparing import prepare
from traindrop.run import WITHOUT_ANSWER, Run, Status, run_name
from traindrop.settings import LauncherSettings
from traindrop.upload_path import code_prefix, config_key, parse_key, test_prefix, train_prefix

# Set on a training.yaml that is uploaded together with a CSV: the CSV's own event launches the run.
ACCOMPANIES = "traindrop-accompanies"
# Two deliveries may meet; three times in a row is no accident.
_TRIES = 4

Arrival = ObjectCreated | S3Notification | RerunRequested
ARRIVAL: TypeAdapter[Arrival] = TypeAdapter(Arrival, config=SILENT)

# What is to become of a run of which only the name, and so the content, is known yet.
_Prepare = Callable[[str], Run]


@singledispatch
def receive(arrival: Any, settings: LauncherSettings) -> list[str]:  # noqa: ARG001 - the implementations use it
    """Carry everything that arrived to its run; the runs. Safe to call any number of times.

    One that fails does not keep the others from their turn. Raises `ExceptionGroup` at the end, so that the event is
    delivered again.
    """
    raise TypeError(f"nothing is to be received in {type(arrival).__name__}")


@receive.register
def _(arrival: ObjectCreated | S3Notification, settings: LauncherSettings) -> list[str]:
    runs: list[str] = []
    failures: list[Exception] = []
    uploads = arrival.uploads()
    for upload in uploads:
        try:
            run = _receive_upload(upload, settings)
        except Exception as error:  # noqa: BLE001 - raised below, together
            failures.append(error)
        else:
            runs += [run] if run else []
    if failures:
        # The text is what the person is told when Lambda gives up.
        why = "; ".join(map(str, failures))
        raise ExceptionGroup(f"{len(failures)} of {len(uploads)} uploads could not be processed: {why}", failures)
    return runs


@receive.register
def _(arrival: RerunRequested, settings: LauncherSettings) -> list[str]:
    """Train the very files of a run again, with today's training script."""
    ledger, wish = Ledger(settings.table), arrival.detail
    answer = ledger.answer_to(wish.request_id)
    if answer is not None:
        return [_resume(answer, settings)]
    asked = ledger.get(wish.run)
    if asked is not None and asked.answered_by is not None:
        asked = ledger.get(asked.answered_by)
    if asked is None:
        return []
    drop = _drop_of(asked)
    first = asked.first_run or asked.run
    return [_settle(wish.request_id, first, _prepare(drop, settings), settings)]


def _receive_upload(upload: Upload, settings: LauncherSettings) -> str | None:
    """The run's name; None where the upload is none that is trained on."""
    answer = Ledger(settings.table).answer_to(upload.identity)
    if answer is not None:
        return _resume(answer, settings)
    try:
        path = parse_key(upload.key)
    except Rejected as error:
        return _reject(upload, "", error, settings)
    if path is None:
        return None
    config = aws.read_object(upload.bucket, config_key(path.dataset), max_bytes=MAX_BYTES)
    file = upload
    if path.is_config:
        if config is not None and ACCOMPANIES in config.metadata:
            return None
        newest = aws.newest_csv(upload.bucket, train_prefix(path.dataset))
        if newest is None:
            return _check_lone_config(upload, path.dataset, config, settings)
        file = newest.model_copy(update={"uploaded_at": upload.uploaded_at})
    test = aws.newest_csv(upload.bucket, test_prefix(path.dataset))
    drop = Drop(file, path.dataset, config, test, own_code(upload.bucket, path.dataset))
    first = drop.run_name(settings)
    return _settle(upload.identity, first, _prepare(drop, settings), settings, upload)


def _settle(
    which: str, first_name: str, prepared: _Prepare, settings: LauncherSettings, upload: Upload | None = None
) -> str:
    """Find or make the run that answers an upload, or without one a wish, and record that it does; the run's name.

    `which` tells the upload or the wish from others, `first_name` is the name of the first run of this content. Where
    someone else is faster, what they recorded holds.
    """
    ledger = Ledger(settings.table)
    for _ in range(_TRIES):
        with about(first_name):
            run = _accept(which, first_name, prepared, ledger, settings, upload)
        if run is not None:
            return _go_on(run, settings)
        answer = ledger.answer_to(which)
        if answer is not None:
            return _resume(answer, settings)
    raise RuntimeError(f"{first_name} is being written by others all the time; it has to be delivered again")


def _accept(
    which: str,
    first_name: str,
    prepared: _Prepare,
    ledger: Ledger,
    settings: LauncherSettings,
    upload: Upload | None,
) -> Run | None:
    """The run that was recorded as the answer; None where someone else has just recorded something."""
    first = ledger.get(first_name)
    if first is None:
        run = prepared(first_name)
        return _recorded(run, which, ledger, settings)
    latest = ledger.stored(first.latest_run) if first.latest_run else first
    if upload is not None and upload.version_id in latest.is_made_of:
        # The config's upload and the CSV's, which came together, are one question.
        return latest if ledger.attach(which, latest.run) else None
    answer = None if upload is None else _one_with_answer(first, latest, ledger, settings)
    if upload is None or answer is None:
        name = _further_name(first, first.generations + 1, settings)
        run = prepared(name).model_copy(update={"first_run": first.run})
        return _recorded(run, which, ledger, settings, after=first)
    run = _repeated(answer, run_name(settings.stack, first.dataset, settings.stack_id, "repeated", which), upload)
    return _recorded(run, which, ledger, settings)


def _recorded(
    run: Run, which: str, ledger: Ledger, settings: LauncherSettings, *, after: Run | None = None
) -> Run | None:
    if not ledger.accept(run, which, now(), after=after):
        return None
    if run.status is Status.WAITING:
        with about(run.run):
            measure(settings.stack, RunsAccepted=1)
    return run


def _one_with_answer(first: Run, latest: Run, ledger: Ledger, settings: LauncherSettings) -> Run | None:
    """The newest run of this content that lives or has the answer: a rerun that failed takes no answer away."""
    if latest.status not in WITHOUT_ANSWER:
        return latest
    names = [_further_name(first, number, settings) for number in range(first.generations - 1, 1, -1)]
    earlier = (ledger.stored(name) for name in names)
    return next((run for run in chain(earlier, [first]) if run.status not in WITHOUT_ANSWER), None)


def _further_name(first: Run, number: int, settings: LauncherSettings) -> str:
    # As long as the first one's: where that tunes, this one does, and may have no longer name.
    longest = len(first.run)
    return run_name(settings.stack, first.dataset, settings.stack_id, first.run, str(number), longest=longest)


def _resume(name: str, settings: LauncherSettings) -> str:
    """Go on where an earlier delivery of the same upload may have been cut off."""
    return _go_on(Ledger(settings.table).stored(name), settings)


def _go_on(run: Run, settings: LauncherSettings) -> str:
    with about(run.run):
        log().info("received", extra={"status": run.status, "dataset": run.dataset, "bytes": run.size})
        if run.status is Status.WAITING:
            enter(run, settings)
        else:
            announce(run, settings.stack)
    return run.run


def _repeated(latest: Run, name: str, upload: Upload) -> Run:
    value = latest.metrics.get(latest.main_metric or "")
    answer = latest.status.value if value is None else f"{latest.status.value}, {latest.main_metric} {value:.4f}"
    return latest.model_copy(
        update={
            **_BLANK,
            "run": name,
            "status": Status.REPEATED,
            "created_at": now(),
            "ended_at": now(),
            "version_id": upload.version_id,
            "uploaded_at": upload.uploaded_at,
            "answered_by": latest.run,
            "reason": f"The same bytes with the same settings are those of the run {latest.run} ({answer}).",
        }
    )


# What a repeated drop does not share with the run that answers it.
_BLANK: dict[str, Any] = {
    name: Run.model_fields[name].get_default()
    for name in Run.model_fields
    if name not in {"dataset", "bucket", "key", "etag", "size", "target", "task", "instance_type", "owner"}
    and not Run.model_fields[name].is_required()
}


def _prepare(drop: Drop, settings: LauncherSettings) -> _Prepare:
    def prepared(name: str) -> Run:
        with about(name):
            return prepare(drop, drop.as_run(name, settings), settings)

    return prepared


def own_code(bucket: str, dataset: str) -> OwnCode:
    """The dataset's code folder as it is now."""
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    for key in aws.keys(bucket, code_prefix(dataset)):
        name = key.removeprefix(code_prefix(dataset))
        found = aws.read_object(bucket, key, max_bytes=left) if not key.endswith("/") else None
        if found is None:
            continue
        files[name] = found.body
        left -= len(found.body)
        if left < 0 or len(files) > MOST_FILES:
            return OwnCode({}, too_large=True)
    return OwnCode(files)


def _drop_of(run: Run) -> Drop:
    """The drop that a run was made from, with the versions of its files."""
    config = None
    if run.config_version_id is not None:
        config = aws.read_object(
            run.bucket, config_key(run.dataset), max_bytes=MAX_BYTES, version_id=run.config_version_id
        )
    file = Upload(
        bucket=run.bucket, key=run.key, size=run.size, etag=run.etag, version_id=run.version_id, uploaded_at=now()
    )
    test = None
    if run.test_key is not None:
        test = file.model_copy(
            update={
                "key": run.test_key,
                "etag": run.test_etag,
                "version_id": run.test_version_id,
                "size": run.test_size,
            }
        )
    return Drop(file, run.dataset, config, test, own_code(run.bucket, run.dataset))


def _check_lone_config(
    upload: Upload, dataset: str, config: aws.Object | None, settings: LauncherSettings
) -> str | None:
    """There is nothing to train on yet, but a mistake is better told now than with the first CSV."""
    try:
        parse_config(config.body if config else b"", file="training.yaml")
    except Rejected as error:
        return _reject(upload, dataset, error, settings)
    return None


def _reject(upload: Upload, dataset: str, why: Rejected, settings: LauncherSettings) -> str:
    """Record a rejection that needs no look at the content."""
    which = upload.identity
    name = run_name(settings.stack, dataset, settings.stack_id, "rejected", which)

    def rejected(name: str) -> Run:
        fields = {"status": Status.REJECTED, "reason": str(why), "ended_at": now()}
        return new_run(name, dataset or "(none)", upload).model_copy(update=fields)

    return _settle(which, name, rejected, settings, upload)
