"""A trial of a tuning: one training job with the hyperparameters that were chosen for it."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from traindrop.tuning_config import Direction

# The trial with the hyperparameters as training.yaml has them, which all others are compared with.
DEFAULTS = 0
# As SageMaker calls a tuning job's training jobs, and `Run.defaults_job`.
_NAME = re.compile(r"(?P<tuning>.+)-([0-9]{3,}-[0-9a-f]{8}|defaults)", re.DOTALL)
TrialStatus = Literal["waiting", "running", "completed", "stopped early", "stopped", "failed"]


class Trial(BaseModel):
    """`hyperparameters`: those that are tuned; of the defaults those that training.yaml, or the script, has for them.

    `objective`: the last value of the objective metric, None where there was none. `curve`: its values by round, where
    rounds are known, thinned. Times are UTC.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    number: int
    job: str
    status: TrialStatus = "waiting"
    hyperparameters: dict[str, str | int | float | bool] = {}
    objective: float | None = None
    curve: dict[int, float] = {}
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    billable_seconds: int | None = None
    reason: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.status not in {"waiting", "running"}

    @property
    def counts(self) -> bool:
        """Whether its value may be the best: a trial that was stopped early has left no model."""
        return self.status == "completed" and self.objective is not None


def ordered(trials: Iterable[Trial], direction: Direction) -> list[Trial]:
    """The best first, of equals the earliest; then those without a value that counts, by number."""
    sign = -1.0 if direction == "maximize" else 1.0

    def place(trial: Trial) -> tuple[bool, float, int]:
        return (not trial.counts, sign * (trial.objective or 0.0) if trial.counts else 0.0, trial.number)

    return sorted(trials, key=place)


def best(trials: Iterable[Trial], direction: Direction) -> Trial | None:
    """The trial whose model is the run's; None where none has a value that counts."""
    found = ordered(trials, direction)
    return found[0] if found and found[0].counts else None


def defaults_of(trials: Iterable[Trial]) -> Trial | None:
    """The trial with the defaults; None where it is not (yet) there."""
    return next((trial for trial in trials if trial.number == DEFAULTS), None)


def in_order_of_end(trials: Iterable[Trial]) -> list[Trial]:
    """Those without an end last; of one moment by number."""
    return sorted(
        trials, key=lambda trial: (trial.ended_at is None, trial.ended_at and trial.ended_at.timestamp(), trial.number)
    )


def best_so_far(trials: Iterable[Trial], direction: Direction) -> Iterator[tuple[Trial, float]]:
    """The trials whose value counts, in the order of their ends, each with the best value that there was by then."""
    better = max if direction == "maximize" else min
    so_far: float | None = None
    for trial in in_order_of_end(trials):
        if trial.counts and trial.objective is not None:
            so_far = trial.objective if so_far is None else better(so_far, trial.objective)
            yield trial, so_far


def tuning_of(job: str) -> str | None:
    """The tuning job that a training job is a trial of, by its name; None where it is none."""
    found = _NAME.fullmatch(job)
    return None if found is None else found["tuning"]
