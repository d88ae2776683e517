"""What tuning gained: the tuned model against the defaults, on the same test rows. Pure, and without numpy: the ledger
keeps it."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from traindrop import plain_text
from traindrop.trial import DEFAULTS, Trial, best, defaults_of
from traindrop.tuning_config import Direction, RangeValue
from traindrop.verdict import Interval, judge, signed

Answer = Literal["better", "worse", "no difference", "defaults are best", "not comparable", "not tested"]


class Objective(BaseModel):
    """The objective of a tuning on the validation rows: of the best trial and of the defaults, None where not known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    metric: str
    direction: Direction
    value: float | None = None
    defaults_value: float | None = None

    @property
    def lead(self) -> float | None:
        """By how much the best trial is better than the defaults."""
        if self.value is None or self.defaults_value is None:
            return None
        return (self.value - self.defaults_value) * (1 if self.direction == "maximize" else -1)

    @property
    def words(self) -> str:
        """`validation:auc 0.892, of the defaults 0.881`."""
        name = plain_text.line(self.metric, 60)
        if self.value is None:
            return f"{name} is not known"
        shown = f"{name} {plain_text.number(self.value)}"
        return (
            shown
            if self.defaults_value is None
            else f"{shown}, of the defaults {plain_text.number(self.defaults_value)}"
        )


class Gain(BaseModel):
    """`difference` is `value` less `defaults_value`, both of `metric` on the same `rows` test rows, and `interval` its
    95 % interval of the paired bootstrap, in the metric's own unit and sign: of an error less is better.

    "defaults are best": the model is the one with the defaults, so there is no difference. "not tested": there are no
    test rows with a label.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    outcome: Answer
    text: str
    metric: str | None = None
    value: float | None = None
    defaults_value: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    rows: int | None = None


class Tuned(BaseModel):
    """A tuning that has ended, as the ledger keeps it with the run. Counts are of the trials beside the defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    trials: int
    failed: int = 0
    stopped_early: int = 0
    stopped: int = 0
    best: int | None = None
    hyperparameters: dict[str, RangeValue] = {}
    objective: Objective
    gain: Gain | None = None


def tuned(
    trials: Sequence[Trial], metric: str, direction: Direction, *, job: str | None = None, gain: Gain | None = None
) -> Tuned:
    """Of the trials as they ended; those that never began do not count. `job`: as of `chosen`."""
    found = chosen(trials, direction, job)
    others = [trial for trial in trials if trial.number != DEFAULTS and trial.status != "waiting"]
    count = Counter(trial.status for trial in others)
    return Tuned(
        trials=len(others), failed=count["failed"], stopped_early=count["stopped early"], stopped=count["stopped"],
        best=found.number if found else None, hyperparameters=found.hyperparameters if found else {},
        objective=objective(trials, metric, direction, found), gain=gain,
    )  # fmt: skip


def chosen(trials: Sequence[Trial], direction: Direction, job: str | None) -> Trial | None:
    """The trial whose model is the run's: that of the training job that was named at the end of the tuning."""
    return next((trial for trial in trials if trial.job == job), None) or best(trials, direction)


def objective(trials: Sequence[Trial], metric: str, direction: Direction, found: Trial | None) -> Objective:
    """`found`: the trial that was chosen."""
    defaults = defaults_of(trials)
    return Objective(
        metric=metric, direction=direction, value=found.objective if found else None,
        defaults_value=defaults.objective if defaults and defaults.counts else None,
    )  # fmt: skip


def compared(
    metric: str, value: float, defaults_value: float, interval: Interval, rows: int, *, chosen_by: Objective,
    trials: int, defaults_model: str,
) -> Gain:  # fmt: skip
    """By the 95 % interval of the paired difference. `defaults_model`: where the model with the defaults lies."""
    answer = judge(metric, value, defaults_value, interval)
    low, high = interval
    numbers = (
        f"{metric} {plain_text.number(value)} against {plain_text.number(defaults_value)} on the same {rows:,} test "
        f"rows, a difference of {signed(value - defaults_value)} (95 % {signed(low)} to {signed(high)})."
    )
    sentence = {
        "better": f"Better than the defaults: {numbers}",
        "worse": (
            f"Worse than the defaults: the tuning fitted the validation rows. The test rows have {numbers} The model "
            f"with the defaults is kept: {defaults_model}."
        ),
    }.get(answer, f"No difference from the defaults that this test set can show: {numbers}")
    return Gain(
        outcome=answer, text=f"{sentence}{_by_choice(chosen_by, trials)}", metric=metric, value=value,
        defaults_value=defaults_value, difference=value - defaults_value, interval=interval, rows=rows,
    )  # fmt: skip


def _by_choice(chosen_by: Objective, trials: int) -> str:
    """What the gain looked like where the choice was made."""
    if chosen_by.lead is None:
        return ""
    name, lead = plain_text.line(chosen_by.metric, 60), plain_text.number(chosen_by.lead)
    return f" In {name}, by which the best of {trials:,} trials was chosen, it had been better by {lead}."


def defaults_are_best(trials: Sequence[Trial], metric: str, direction: Direction) -> Gain:
    """Nothing was found that is better on the validation rows, so the model is the defaults' own."""
    others = [trial for trial in trials if trial.number != DEFAULTS]
    next_best = best(others, direction)
    defaults = defaults_of(trials)
    numbers = "none of the others has a value."
    if next_best is not None and defaults is not None:
        numbers = (
            f"the best of the others has {plain_text.line(metric, 60)} {plain_text.number(next_best.objective or 0)}, "
            f"the defaults {plain_text.number(defaults.objective or 0)}."
        )
    text = (
        f"Tuning found nothing better than the defaults, so the model is theirs and there is no difference: of "
        f"{len(others):,} trials, {numbers}"
    )
    return Gain(outcome="defaults are best", text=text)


def not_tested(chosen_by: Objective, trials: int, dataset: str, file: str | None = None) -> Gain:
    """Without test rows that have a label; `file`: a test file of which all rows lack it."""
    why = "there is no test file" if file is None else f"{plain_text.line(file, 80)} lacks the target"
    text = (
        f"Nothing honest can be said of the gain: {why}. The best of {trials:,} trials looks better on the validation "
        f"rows by which it was chosen than it is ({chosen_by.words}). Drop a CSV with the target that training never "
        f"sees into datasets/{plain_text.line(dataset, 80)}/test/, and the training file again."
    )
    return Gain(outcome="not tested", text=text)


def not_comparable(why: str, chosen_by: Objective) -> Gain:
    """`why` is a sentence."""
    text = f"What the tuning gained cannot be told: {why} On the validation rows: {chosen_by.words}."
    return Gain(outcome="not comparable", text=text)
