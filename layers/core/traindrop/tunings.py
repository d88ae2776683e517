"""A run's tuning job, wherever its trials are carried out: SageMaker's, or one whose trials Lambda functions train.

What `traindrop.training_jobs` is for single jobs, which asks here for a run that tunes.
"""

from typing import Protocol

from traindrop import lambda_tunings, sagemaker_tunings
from traindrop.events import TuningJob
from traindrop.lambda_limits import LAMBDA
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings
from traindrop.trial import Trial


class Tunings(Protocol):
    """Those of one kind of place, whose module has these functions. What is not said here is as of `training_jobs`."""

    def create(self, run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None: ...

    def find(self, run: Run, ledger: Ledger) -> TuningJob | None: ...

    def describe(self, run: Run, ledger: Ledger) -> TuningJob: ...

    def stop(self, run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:
        """Ask for the end of the tuning and of the trials that have not ended; those that have keep what they have."""

    def tag(self, run: Run, key: str, ledger: Ledger) -> str | None: ...

    def look_after(self, run: Run, ledger: Ledger, settings: DispatcherSettings) -> TuningJob | None: ...

    def state_change(self, run: Run, ledger: Ledger) -> str:
        """The detail of the event "SageMaker HyperParameter Tuning Job State Change", as JSON."""
        ...

    def trials(self, run: Run, ledger: Ledger) -> tuple[Trial, ...]: ...


def tunings_of(run: Run) -> Tunings:
    """Those of the place where a run tunes."""
    return lambda_tunings if run.instance_type == LAMBDA else sagemaker_tunings


def trials_of(run: Run, ledger: Ledger) -> tuple[Trial, ...]:
    """The trials of a run's present attempt as they stand, by number, the defaults' first; none before its launch."""
    return tunings_of(run).trials(run, ledger)
