"""What the dispatcher does of each thing that happens: free what a job held, launch who is next, heal, stop."""

from contextlib import ExitStack
from functools import singledispatch
from typing import Any

from pydantic import TypeAdapter

from traindrop import training_jobs
from traindrop.clock import now
from traindrop.dispatching import dispatch
from traindrop.ending import conclude
from traindrop.events import (
    SILENT,
    InvocationFailed,
    Scheduled,
    StopRequested,
    TrainingJobStateChange,
    TrainingRequest,
    TuningJobStateChange,
)
from traindrop.launching import launch
from traindrop.ledger import Ledger
from traindrop.measuring import measure, of_line
from traindrop.reconciling import reconcile
from traindrop.run import Run, Status, run_of, whole
from traindrop.settings import DispatcherSettings
from traindrop.spending import month_of, settle_ended
from traindrop.trial import tuning_of

Occasion = TrainingJobStateChange | TuningJobStateChange | StopRequested | Scheduled | InvocationFailed
OCCASION: TypeAdapter[Occasion] = TypeAdapter(Occasion, config=SILENT)


@singledispatch
def keep_order(occasion: Any, settings: DispatcherSettings) -> list[str]:  # noqa: ARG001 - the implementations use it
    """Act on `occasion`; the runs that were launched, stopped or looked after. Safe to call any number of times."""
    raise TypeError(f"nothing is to be done on {type(occasion).__name__}")


@keep_order.register
def _(occasion: TrainingJobStateChange, settings: DispatcherSettings) -> list[str]:
    """A job ended: it holds its slot no longer, and the next in line takes its place at once."""
    name = whole(occasion.detail.training_job_name)
    return _go_on(name, conclude(name, Ledger(settings.table)), settings)


@keep_order.register
def _(occasion: TuningJobStateChange, settings: DispatcherSettings) -> list[str]:
    """As of a job; its trial with the defaults may be yet to come, where the others took all instances."""
    name = occasion.detail.training_job_name
    ledger = Ledger(settings.table)
    run = conclude(name, ledger)
    if run is not None and run.awaits(name):
        training_jobs.look_after(run, ledger, settings)
        run = conclude(name, ledger)
    return _go_on(name, run, settings)


def _go_on(job: str, run: Run | None, settings: DispatcherSettings) -> list[str]:
    """`run`: that of the job as it is now concluded; None where there is none of it."""
    if run is not None and run.awaits(job):
        return []  # an event of a state that was never the last: SageMaker says that it still runs
    Ledger(settings.table).release_slot(job)
    return dispatch(settings)


@keep_order.register
def _(_occasion: Scheduled, settings: DispatcherSettings) -> list[str]:
    with ExitStack() as afterwards:  # the last one first; one that fails keeps none of the others from its turn
        afterwards.callback(_measure_line, settings)
        afterwards.callback(settle_ended, Ledger(settings.table))
        healed: list[str] = []
        afterwards.callback(lambda: healed.extend(reconcile(settings)))
        launched = dispatch(settings)
    return launched + healed


def _measure_line(settings: DispatcherSettings) -> None:
    """A handful of small reads a minute: less than a cent a month each."""
    ledger, at = Ledger(settings.table), now()
    found = (ledger.get(run_of(job)[0]) for job in sorted(ledger.slots()))
    running = [run for run in found if run is not None]
    spent = ledger.spending(month_of(at)).total
    measure(settings.stack, **of_line(ledger.waiting(), running, spent, settings.monthly_ceiling, at))


@keep_order.register
def _(occasion: StopRequested, settings: DispatcherSettings) -> list[str]:
    """Only a run of this stack's ledger is ever stopped."""
    ledger = Ledger(settings.table)
    run = ledger.request_stop(occasion.detail.run, occasion.detail.who)
    if run is None:
        return []
    if run.status is Status.IN_PROGRESS:
        training_jobs.stop(run, ledger, settings)
    else:
        # Who launches it just now sees the wish after the launch.
        launch(run.run, settings)
    return [run.run]


@keep_order.register
def _(occasion: InvocationFailed, settings: DispatcherSettings) -> list[str]:
    """A trainer died: its job ends, and the event that tells of that decides where its run, or its tuning, goes on."""
    job = TrainingRequest.model_validate(occasion.request_payload).training_job_name
    name, attempt = run_of(tuning_of(job) or job)
    ledger = Ledger(settings.table)
    run = ledger.get(name)
    if run is None or run.attempt != attempt:
        return []
    training_jobs.bury(job, occasion.error, ledger, settings)
    return [run.run]
