"""The table of a tuned run's trials, as a person reads it."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from traindrop import plain_text
from traindrop.clock import now
from traindrop.cost import dollars
from traindrop.trial import DEFAULTS, Trial
from traindrop_cli.fitting_table import fitting_table
from traindrop_cli.run_trials import RunTrials, seconds_of
from traindrop_cli.screen import plain
from traindrop_cli.trial_words import best_in_words, shown_number, shown_value, standing

_STYLES = {"completed": "green", "running": "cyan", "waiting": "cyan", "failed": "red"}
_LONGEST_NAME = 40
_HEADS = {"trial", "status", "seconds", "cost"}


def print_trials(tuned: RunTrials, console: Console) -> None:
    """How far it is, and the trials, the best first."""
    if not tuned.trials:
        console.print(f"Tuning: {tuned.most} trials and the defaults; none has begun.")
        return
    console.print(plain(f"Tuning: {standing(tuned)}.", "bold"), soft_wrap=True)
    if (best := best_in_words(tuned)) is not None:
        console.print(plain(f"Best{' so far' if tuned.run.goes_on else ''}: {best}."), soft_wrap=True)
    columns = _columns(tuned, tuned.best_first, now())
    # Of the settings those go first that stand last; the rest of a row is worth little without them.
    spare = ("cost", "seconds", "status", *(_head(name, tuned) for name in reversed(tuned.settings)))
    console.print(fitting_table(columns, console.width, whole="trial", spare=spare))
    for trial in tuned.best_first:
        if trial.reason and trial.status == "failed":
            console.print(plain(f"Trial {trial.number} failed: {plain_text.line(trial.reason, 160)}"), soft_wrap=True)
            break  # others mostly say the same; logs --trial tells each
    console.print(f"The log of one: traindrop logs {tuned.run.run} --trial NUMBER", soft_wrap=True)


def _columns(tuned: RunTrials, trials: Sequence[Trial], at: datetime) -> dict[str, list[Text]]:
    """The cells by title."""
    best = tuned.best
    columns = {"trial": [_trial(trial, is_best=best is not None and trial.job == best.job) for trial in trials]}
    for name in tuned.settings:
        values = (trial.hyperparameters.get(name) for trial in trials)
        columns[_head(name, tuned)] = [plain("" if value is None else shown_value(value)) for value in values]
    return columns | {
        _objective(tuned): [
            plain("" if trial.objective is None else shown_number(trial.objective)) for trial in trials
        ],
        "status": [Text(trial.status, _STYLES.get(trial.status, "yellow")) for trial in trials],
        "seconds": [_seconds(trial, at) for trial in trials],
        "cost": [plain("" if (usd := tuned.usd_of(trial, at)) is None else dollars(usd)) for trial in trials],
    }


def _objective(tuned: RunTrials) -> str:
    return plain_text.line(tuned.run.objective or "objective", _LONGEST_NAME)


def _head(setting: str, tuned: RunTrials) -> str:
    """What a script calls its settings is its own affair, be it `status`."""
    shown = plain_text.line(setting, _LONGEST_NAME)
    return f"{shown} (setting)" if shown in {*_HEADS, _objective(tuned)} else shown


def _trial(trial: Trial, *, is_best: bool) -> Text:
    marks = ", ".join([*(["defaults"] if trial.number == DEFAULTS else []), *(["best"] if is_best else [])])
    return plain(f"{trial.number} ({marks})" if marks else f"{trial.number}", "bold" if is_best else "")


def _seconds(trial: Trial, at: datetime) -> Text:
    seconds = seconds_of(trial, at)
    return plain("" if seconds is None else f"{seconds:,.1f}")
