"""What the trials of a tuned run wrote: each has a log of its own."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.trial import DEFAULTS, Trial
from traindrop_cli.errors import CommandError
from traindrop_cli.run_trials import RunTrials, find_trials
from traindrop_cli.training_log import Line, TrainingLog


@dataclass
class TrialLogs:
    """Of trial `number`; without one of those that run, or once the run is over of its best one."""

    ledger: Ledger
    number: int | None = None
    _log: TrainingLog = field(default_factory=TrainingLog)
    _followed: dict[str, Trial] = field(default_factory=dict)
    _is_told: bool = False

    def new_lines(self, run: Run) -> Iterator[Line]:
        """What was written since the last call. Raises `CommandError` where there is no such trial."""
        tuned = find_trials(run, self.ledger)
        if tuned is None:
            raise CommandError(f"{run.run} does not tune: it has no trials. traindrop logs {run.run}")
        if self.number is not None:
            yield from self._log.lines_of(trial_of(tuned, self.number).job)
        elif run.goes_on or self._followed:
            self._tell("These are the logs of the trials that run; of one alone with --trial NUMBER.")
            yield from self._of_several(tuned)
        elif tuned.best is not None:
            which = "of the defaults" if tuned.best.number == DEFAULTS else f"of trial {tuned.best.number}"
            self._tell(f"This is the log {which}, the best one; of another with --trial NUMBER.")
            yield from self._log.lines_of(tuned.best.job)

    def is_over(self, run: Run) -> bool:
        """Whether nothing more is to come."""
        if self.number is None or not run.goes_on:
            return not run.goes_on
        tuned = find_trials(run, self.ledger)
        return tuned is not None and trial_of(tuned, self.number).has_ended

    def _of_several(self, tuned: RunTrials) -> Iterator[Line]:
        known = self._followed | {trial.job: trial for trial in tuned.running}
        for trial in known.values():
            yield from self._log.lines_of(trial.job, trial.number)
        # The last lines of those that ended just now are shown some seconds later.
        self._followed = dict(list(known.items())[-2 * tuned.run.max_parallel - 1 :])

    def _tell(self, what: str) -> None:
        if not self._is_told:
            print(what, file=sys.stderr)
        self._is_told = True


def trial_of(tuned: RunTrials, number: int) -> Trial:
    """Raises `CommandError` where there is none of that number, or none yet."""
    found = next((trial for trial in tuned.trials if trial.number == number), None)
    if found is not None:
        return found
    numbers = [trial.number for trial in tuned.trials]
    there = f"there are {_listed(numbers)}" if numbers else "none has begun"
    raise CommandError(
        f"{tuned.run.run} has no trial {number}: {there}, of {tuned.most} at the most, and {DEFAULTS} has the "
        f"defaults. traindrop show {tuned.run.run}"
    )


def _listed(numbers: Sequence[int]) -> str:
    """`0 to 7` where none is missing, else each."""
    first, last = numbers[0], numbers[-1]
    return f"{first} to {last}" if len(numbers) == last - first + 1 > 1 else ", ".join(map(str, numbers))
