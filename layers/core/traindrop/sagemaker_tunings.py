"""Tuning jobs (to be written)."""

from traindrop.events import TuningJob
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings
from traindrop.trial import Trial


def create(run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None:
    """As `training_jobs.create`."""
    raise NotImplementedError


def find(run: Run, ledger: Ledger) -> TuningJob | None:
    """As `training_jobs.find`."""
    raise NotImplementedError


def describe(run: Run, ledger: Ledger) -> TuningJob:
    """As `training_jobs.describe`."""
    raise NotImplementedError


def stop(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:
    """Ask for the end of the tuning and of its trials that run; those that have ended stay as they are."""
    raise NotImplementedError


def tag(run: Run, key: str, ledger: Ledger) -> str | None:
    """As `training_jobs.tag`."""
    raise NotImplementedError


def look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> TuningJob | None:
    """As `training_jobs.look_after`."""
    raise NotImplementedError


def state_change(run: Run, ledger: Ledger) -> str:
    """The detail of the event "SageMaker HyperParameter Tuning Job State Change", as JSON."""
    raise NotImplementedError


def trials(run: Run, ledger: Ledger) -> tuple[Trial, ...]:
    """As `tunings.trials_of`."""
    raise NotImplementedError
