"""Who is launched next: first come, first served within an instance type, and no type blocks another."""

from traindrop.announcing import announce_waiting
from traindrop.clock import ROUND, now
from traindrop.launching import Launch, launch
from traindrop.ledger import LEASE, Ledger
from traindrop.run import Run, Status, run_of
from traindrop.settings import DispatcherSettings
from traindrop.waiting_line import Place, first_come, has_to_wait


def enter(run: Run, settings: DispatcherSettings) -> None:
    """Launch a run that was just accepted, unless others wait for its instance type: then it stands behind them."""
    ledger = Ledger(settings.table)
    place = Place(run=run.run, created_at=run.created_at, instance_type=run.instance_type or "")
    if not has_to_wait(place, ledger.line_for(place.instance_type), patience=LEASE):
        launch(run.run, settings)
    elif run.waits_for is None:
        reason = f"its turn: others came earlier for {run.instance_type}"
        if ledger.stand_in_line(run, reason, now()):
            announce_waiting(run.model_copy(update={"waits_for": reason}), settings.stack)


def dispatch(settings: DispatcherSettings) -> list[str]:
    """Launch from the line what can be launched; the runs that were.

    One that cannot be launched for a reason of its own does not keep the others from it: raises `ExceptionGroup` at
    the end. Where jobs end as fast as they are launched there is always one more: the round ends after a while.
    """
    ledger, until = Ledger(settings.table), now() + ROUND
    launched: list[str] = []
    full: set[str] = set()
    failures: list[Exception] = []
    for place in first_come(ledger.lines(), full):
        if place.not_before is not None and place.not_before > now():
            full.add(place.instance_type)
            continue
        if now() > until:
            break
        try:
            outcome = launch(place.run, settings)
            if outcome is Launch.ALL_FULL and free_slots(ledger, settings):
                outcome = launch(place.run, settings)
        except Exception as error:  # noqa: BLE001 - raised below, together
            failures.append(error)
            continue
        if outcome is Launch.ALL_FULL:
            break
        if outcome in {Launch.TYPE_FULL, Launch.TAKEN}:
            # To go on while another is launching the one ahead would be to overtake it.
            full.add(place.instance_type)
        if outcome is Launch.LAUNCHED:
            launched.append(place.run)
    if failures:
        raise ExceptionGroup("waiting runs could not be launched", failures)
    return launched


def free_slots(ledger: Ledger, settings: DispatcherSettings) -> int:
    """Release the slots of training jobs that have ended and were not released then; how many.

    A run that still waits holds one where its launch was cut off. It is launched now: behind others in the line it
    would never have its turn, since they wait for a slot.
    """
    freed = 0
    for job in sorted(ledger.slots()):
        run = _run_of_slot(job, ledger)
        if run is None:
            ledger.release_slot(job)
            freed += 1
        elif run.status is Status.WAITING:
            freed += launch(run.run, settings) not in {Launch.LAUNCHED, Launch.TAKEN}
    return freed


def _run_of_slot(job: str, ledger: Ledger) -> Run | None:
    """The run that a job counts as running for; None where it does no longer."""
    run = ledger.get(run_of(job)[0])
    return run if run is not None and run.awaits(job) else None
