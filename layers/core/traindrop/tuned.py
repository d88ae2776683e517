"""What evaluation.json and the report have of a tuning that has ended."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from traindrop.billed import run_usd
from traindrop.gain import Gain, Objective, chosen, objective
from traindrop.run import Run
from traindrop.run_request import DEFINITION, training_request
from traindrop.script_mode import Request, decoded_hyperparameters
from traindrop.search_space import Setting, settings_of, strategy_of
from traindrop.setting_importance import importance_of
from traindrop.trial import DEFAULTS, Trial, best_so_far, defaults_of
from traindrop.tuning_config import Direction


class Reached(BaseModel):
    """The best value of the objective when a trial had ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trial: int
    best: float


class Tuning(BaseModel):
    """The trials of a run, the one with the defaults first, which is number 0, and what they came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: str | None = Field(description="bayesian, random, grid or hyperband; null where the request is gone.")
    objective: str = Field(description="The metric by which the best trial was chosen, on the validation rows.")
    direction: Direction
    max_jobs: int = Field(description="Trials that there might be, beside the one with the defaults.")
    settings: tuple[Setting, ...] = Field(description="What was searched.")
    trials: tuple[Trial, ...]
    best: int | None = Field(description="The number of the trial whose model is the run's.")
    importances: dict[str, float] = Field(description="By setting, a share of 1; empty where too few trials tell.")
    best_so_far: tuple[Reached, ...] = Field(description="Trials with a value in the order in which they ended.")
    usd: float | None = Field(description="What all trials did cost.")
    billable_seconds: int | None = Field(description="Of all trials together.")
    seconds: float | None = Field(description="From the first trial's creation to the last one's end.")
    gain: Gain | None = Field(None, description="The tuned model against the defaults, on the same test rows.")

    @property
    def best_trial(self) -> Trial | None:
        return next((trial for trial in self.trials if trial.number == self.best), None)

    @property
    def chosen_by(self) -> Objective:
        """What the choice rests on."""
        return objective(self.trials, self.objective, self.direction, self.best_trial)

    @property
    def best_is_defaults(self) -> bool:
        return self.best == DEFAULTS

    @property
    def others(self) -> int:
        """How many trials began, beside the one with the defaults."""
        return sum(trial.number != DEFAULTS and trial.status != "waiting" for trial in self.trials)

    @property
    def defaults(self) -> Trial | None:
        return defaults_of(self.trials)


def tuning_of(run: Run, request: Request, trials: Sequence[Trial]) -> Tuning:
    """`request`: of the tuning job, as it lies in the bucket; empty where it is gone."""
    direction: Direction = run.direction or "maximize"
    settings = settings_of(request) if DEFINITION in request else ()
    found = chosen(trials, direction, run.best_trial)
    return Tuning(
        strategy=strategy_of(request).lower() if DEFINITION in request else None,
        objective=run.objective or "",
        direction=direction,
        max_jobs=run.max_trials or 0,
        settings=settings,
        trials=tuple(trials),
        best=found.number if found else None,
        importances=importance_of(settings, trials),
        best_so_far=tuple(Reached(trial=trial.number, best=value) for trial, value in best_so_far(trials, direction)),
        usd=None if (usd := run_usd(run)) is None else float(usd),
        billable_seconds=run.billable_seconds,
        seconds=_seconds(trials),
    )


def validation_rows(run: Run, request: Request) -> int | None:
    """By about how many rows a trial was judged; None where only its script knows."""
    fraction = decoded_hyperparameters(training_request(request)).get("validation_fraction")
    if run.rows is None or not isinstance(fraction, float):
        return None
    return round(run.rows * fraction)


def _seconds(trials: Sequence[Trial]) -> float | None:
    began = [trial.created_at for trial in trials if trial.created_at is not None]
    ended = [trial.ended_at for trial in trials if trial.ended_at is not None]
    return max(0.0, (max(ended) - min(began)).total_seconds()) if began and ended else None
