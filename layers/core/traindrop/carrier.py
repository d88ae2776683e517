"""What is asked of whoever carries a run's job out (`traindrop.training_jobs`)."""

from typing import Protocol

from traindrop.events import TrainingJob
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings


class Carrier(Protocol):
    """Who carries the jobs of one kind out: a module with these functions, each as that of training_jobs is."""

    def create(self, run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None: ...

    def find(self, run: Run, ledger: Ledger) -> TrainingJob | None: ...

    def describe(self, run: Run, ledger: Ledger) -> TrainingJob: ...

    def stop(self, run: Run, ledger: Ledger, settings: DispatcherSettings) -> None: ...

    def tag(self, run: Run, key: str, ledger: Ledger) -> str | None: ...

    def look_after(self, run: Run, ledger: Ledger, settings: DispatcherSettings) -> TrainingJob | None: ...

    def state_change(self, run: Run, ledger: Ledger) -> str:
        """The detail of the event that tells how the job stands, as JSON."""
        ...
