"""From a waiting run to its training job. Whoever launches, however often: there is one job."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from traindrop import aws, training_jobs
from traindrop.announcing import announce, announce_waiting
from traindrop.clock import now
from traindrop.ledger import Ledger
from traindrop.logs import about, log
from traindrop.measuring import measure
from traindrop.quota import Refusal, refusal
from traindrop.request import for_job
from traindrop.run import Run, Status
from traindrop.settings import DispatcherSettings
from traindrop.spending import reserve, settle

# A try that comes to no end at all, five times over, is none that time will mend.
_MOST_TRIES = 5


class Launch(StrEnum):
    """What came of trying to launch a run."""

    LAUNCHED = "launched"
    # It does not wait any more.
    ENDED = "ended"
    # Someone else is launching it just now.
    TAKEN = "taken"
    # It stays in the line: its instance type is used up / everything is.
    TYPE_FULL = "type full"
    ALL_FULL = "all full"


def launch(name: str, settings: DispatcherSettings) -> Launch:
    """Try to launch a waiting run. Safe to call any number of times, from anywhere at once.

    The steps are: claim the launch for two minutes, take one of the stack's slots, count the worst case in what the
    month costs, create the job, record it. Whoever dies in between leaves a run that waits; the next one repeats the
    steps, each of which may be repeated: SageMaker takes a job's name once.
    """
    with about(name):
        outcome = _launch(name, settings)
        log().info("launch", extra={"outcome": outcome})
        if outcome is Launch.LAUNCHED:
            measure(settings.stack, RunsLaunched=1)
    return outcome


def _launch(name: str, settings: DispatcherSettings) -> Launch:
    ledger = Ledger(settings.table)
    run = ledger.claim_launch(name, now())
    if run is None:
        return Launch.TAKEN if ledger.stored(name).status is Status.WAITING else Launch.ENDED
    if run.stop_requested_by is not None or run.launch_tries > _MOST_TRIES:
        return _give_up(run, ledger, settings)
    if run.launch_tries > 1 and training_jobs.look_after(run, ledger, settings) is not None:
        # An earlier try came to no end, but had created the job. A refusal now would give its slot away.
        _record(run, ledger, settings)
        return Launch.LAUNCHED
    if not ledger.take_slot(run.job, settings.max_concurrent_jobs):
        most = settings.max_concurrent_jobs
        return _wait(run, Refusal("busy", f"one of the stack's {most} places (MaxConcurrentJobs)"), ledger, settings)
    request = aws.read_json(run.bucket, run.request_key)
    if request is None:
        return _fail(run, f"Its request {run.uri(run.request_key)} was deleted.", ledger, settings)
    too_much = reserve(run, ledger, settings.monthly_ceiling)
    if too_much is not None:
        measure(settings.stack, RunsBeyondCeiling=1)
        return _fail(run, too_much, ledger, settings)
    return _create(run, for_job(request, run.job), ledger, settings)


def _create(run: Run, request: dict[str, Any], ledger: Ledger, settings: DispatcherSettings) -> Launch:
    launched_at = now()
    try:
        training_jobs.create(run, request, ledger, settings)
    except ClientError as error:
        # The name is this run's alone, so a job that has it is this run's: an earlier try got through.
        if aws.error_code(error) != "ResourceInUse":
            refused = refusal(aws.error_code(error), aws.error_message(error))
            if refused is None:
                # It may have been created; the slot is kept, and the next try finds out.
                raise
            if refused.means == "never":
                return _fail(run, refused.reason, ledger, settings)
            _free(run, ledger)
            return _wait(run, refused, ledger, settings)
    _record(run, ledger, settings, launched_at=launched_at)
    return Launch.LAUNCHED


def _record(run: Run, ledger: Ledger, settings: DispatcherSettings, **fields: Any) -> None:
    """Note that the job of the run's attempt is there; stop it where that was asked for in the meantime."""
    running = ledger.advance(run.run, Status.IN_PROGRESS, now(), attempt=run.attempt, **fields)
    if running is not None and running.stop_requested_by is not None:
        training_jobs.stop(running, ledger, settings)


def _wait(run: Run, refused: Refusal, ledger: Ledger, settings: DispatcherSettings) -> Launch:
    if run.waits_for is None:
        announce_waiting(run.model_copy(update={"waits_for": refused.reason}), settings.stack)
    ledger.keep_waiting(run, refused.reason, now())
    return Launch.TYPE_FULL if refused.means == "full" else Launch.ALL_FULL


def _give_up(run: Run, ledger: Ledger, settings: DispatcherSettings) -> Launch:
    """End a run that is to be stopped, or to be tried no more; unless an earlier try has got through after all."""
    if training_jobs.find(run, ledger) is not None:
        _record(run, ledger, settings)
        return Launch.LAUNCHED
    if run.stop_requested_by is not None:
        reason = f"Stopped by {run.stop_requested_by} while it waited."
        return _end(run, Status.STOPPED, reason, ledger, settings)
    return _fail(run, f"Its launch was begun {_MOST_TRIES} times and never came to an end.", ledger, settings)


def _fail(run: Run, reason: str, ledger: Ledger, settings: DispatcherSettings) -> Launch:
    return _end(run, Status.FAILED, reason, ledger, settings)


def _end(run: Run, status: Status, reason: str, ledger: Ledger, settings: DispatcherSettings) -> Launch:
    _free(run, ledger)
    ended = ledger.advance(run.run, status, now(), attempt=run.attempt, reason=reason, ended_at=now())
    if ended is not None:
        announce(ended, settings.stack)
    return Launch.ENDED


def _free(run: Run, ledger: Ledger) -> None:
    """What was held for a job that is not there: its slot, and its share of the month's ceiling."""
    ledger.release_slot(run.job)
    settle(run, Decimal(0), ledger)
