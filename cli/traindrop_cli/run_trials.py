"""A run that tunes, with its trials as they stand: how far it is, which is the best, what they cost. Pure but for
`find_trials`."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from traindrop.cost import training_cost
from traindrop.gain import chosen
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.trial import DEFAULTS, Trial, best_so_far, defaults_of, ordered
from traindrop.tuning_config import Direction
from traindrop.tunings import trials_of


@dataclass(frozen=True)
class RunTrials:
    """`trials`: by number, the defaults' first; empty before the launch."""

    run: Run
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial | None:
        """The one whose model is the run's, or would be if it ended now."""
        return chosen(self.trials, self._direction, self.run.best_trial)

    @property
    def best_first(self) -> list[Trial]:
        return ordered(self.trials, self._direction)

    @property
    def defaults(self) -> Trial | None:
        return defaults_of(self.trials)

    @property
    def most(self) -> int:
        return self.run.max_trials or 0

    @property
    def ended(self) -> int:
        """How many are over, the defaults' not counted, as `most` does not."""
        return sum(trial.has_ended for trial in self.trials if trial.number != DEFAULTS)

    @property
    def running(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.status == "running"]

    @property
    def settings(self) -> list[str]:
        """The names of those that are tuned."""
        return list(dict.fromkeys(name for trial in self.trials for name in trial.hyperparameters))

    @property
    def values(self) -> list[tuple[Trial, float]]:
        """Those whose value counts, in the order of their ends."""
        return [(trial, trial.objective or 0.0) for trial, _ in best_so_far(self.trials, self._direction)]

    @property
    def best_so_far(self) -> list[float]:
        """After each of `values`."""
        return [value for _, value in best_so_far(self.trials, self._direction)]

    @property
    def _direction(self) -> Direction:
        return self.run.direction or "maximize"

    def usd_of(self, trial: Trial, at: datetime) -> Decimal | None:
        """What it costs; of one that runs, until `at`. None where the price or the seconds are not known."""
        seconds = trial.billable_seconds
        if seconds is None and trial.started_at is not None and not trial.has_ended:
            seconds = int((at - trial.started_at).total_seconds())
        if self.run.tariff is None or seconds is None:
            return None
        return training_cost(max(0, seconds), self.run.instance_count, self.run.tariff.hourly_usd)

    def usd(self, at: datetime) -> Decimal | None:
        """All that is known of it, with attempts before; None where nothing is."""
        known = [usd for trial in self.trials if (usd := self.usd_of(trial, at)) is not None]
        return self.run.earlier_usd + sum(known, Decimal(0)) if known else None


def find_trials(run: Run, ledger: Ledger) -> RunTrials | None:
    """With the trials of its present attempt; None of a run that does not tune."""
    if not run.tunes:
        return None
    return RunTrials(run, trials_of(run, ledger) if run.was_launched else ())


def seconds_of(trial: Trial, at: datetime) -> float | None:
    """From its start to its end, or until `at`; None where it has not begun, or nobody told."""
    if trial.started_at is None:
        return trial.billable_seconds
    if trial.ended_at is None and trial.has_ended:
        return trial.billable_seconds
    return max(0.0, ((trial.ended_at or at) - trial.started_at).total_seconds())
