"""Healing: what an event that was lost should have brought about is brought about all the same."""

from decimal import Decimal

from traindrop import training_jobs
from traindrop.announcing import announce
from traindrop.clock import ROUND, now
from traindrop.ledger import Ledger
from traindrop.logs import about, log
from traindrop.looks import is_given_up
from traindrop.run import FINAL, Run, Status
from traindrop.settings import DispatcherSettings
from traindrop.spending import settle


def reconcile(settings: DispatcherSettings) -> list[str]:
    """Look after the runs whose time has come, as many as one round allows; those runs.

    Only this stack's own runs are asked about, each at doubling intervals (`traindrop.looks`); there is no listing of
    jobs. Where a job has ended, its state-change event is put on the bus again, and goes the way of the first.
    """
    ledger, until = Ledger(settings.table), now() + ROUND
    looked_after = []
    failures: list[Exception] = []
    for run in ledger.due(now()):
        if now() > until:
            break
        if not ledger.claim_look(run, now()):
            continue
        try:
            with about(run.run):
                log().info("looked after", extra={"status": run.status, "looks": run.looks})
                _look_after(run, ledger, settings)
        except Exception as error:  # noqa: BLE001 - raised below, together
            failures.append(error)
        else:
            looked_after.append(run.run)
    if failures:
        raise ExceptionGroup("runs could not be looked after", failures)
    return looked_after


def _look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:
    if run.status in FINAL:
        announce(run, settings.stack)
        return
    job = training_jobs.look_after(run, ledger, settings)
    if job is None:
        reason = f"There is no training job {run.job} any more: it was deleted."
        # What it did cost nobody can tell any more.
        settle(run, run.worst_case_usd or Decimal(0), ledger)
        _end(run, Status.FAILED, reason, None, ledger, settings)
    elif is_given_up(run.status, run.looks + 1):
        reason = f"The evaluation was asked for {run.looks + 1} times, and none came to an end."
        _end(run, Status.EVALUATION_FAILED, reason, "evaluator", ledger, settings)
    elif job.has_ended:
        training_jobs.tell_state(run, ledger, settings)
    elif run.stop_requested_by is not None:
        training_jobs.stop(run, ledger, settings)


def _end(
    run: Run, status: Status, reason: str, function: str | None, ledger: Ledger, settings: DispatcherSettings
) -> None:
    ended = ledger.advance(
        run.run, status, now(), attempt=run.attempt, reason=reason, failed_function=function, ended_at=now()
    )
    if ended is not None:
        announce(ended, settings.stack)
