"""The trials of a run that is followed: looked at now and then, told when one of them has changed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.run_trials import RunTrials, find_trials

# Seconds: a look asks for each of the trials, in AWS of a service that answers so often and no oftener.
_BETWEEN_LOOKS = {True: 1.0, False: 10.0}


@dataclass
class TrialNews:
    """`latest`: as they were last looked at."""

    is_local: bool
    latest: RunTrials | None = None
    _told: RunTrials | None = None
    _looked_at: float = 0.0

    def look(self, run: Run, ledger: Ledger) -> None:
        """Now and then while the run goes on, and once more when it is over; never of one that does not tune."""
        is_known = self.latest is not None and self.latest.run.status is run.status
        pause = _BETWEEN_LOOKS[self.is_local] if run.goes_on else float("inf")
        if run.tunes and not (is_known and time.monotonic() < self._looked_at + pause):
            self.latest, self._looked_at = find_trials(run, ledger), time.monotonic()

    def news(self) -> Iterator[RunTrials]:
        """How they stand, where that is not what was told last."""
        before = self._told.trials if self._told else ()
        if self.latest is not None and self.latest.trials != before:
            self._told = self.latest
            yield self.latest
