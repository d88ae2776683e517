"""The trials of a tuning as a table of the report, and what the whole came to in words."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

from traindrop import cost, plain_text
from traindrop.billed import run_usd
from traindrop.gain import Tuned, tuned
from traindrop.run import Run
from traindrop.trial import DEFAULTS, Trial, ordered
from traindrop.tuned import Tuning
from traindrop.tuning_lines import shown, trials_words
from traindrop.tuning_plots import trial_name

MOST_ROWS, MOST_SETTINGS, _MOST_REASONS = 25, 12, 3


@dataclass(frozen=True)
class TrialRow:
    name: str
    is_best: bool
    settings: Sequence[str]
    objective: float | None
    status: str
    seconds: int | None
    cost: str | None


@dataclass(frozen=True)
class TrialTable:
    """`settings` are the columns, of which `numbers` hold such; `rest` counts the trials that have no row.

    `reasons`: why trials failed, each with how many.
    """

    settings: Sequence[str]
    numbers: Set[str]
    rows: Sequence[TrialRow]
    rest: int
    more_settings: int
    reasons: Sequence[tuple[str, int]]


def table_of(tuning: Tuning, run: Run) -> TrialTable:
    """The best first; the defaults have their row wherever they stand."""
    names = _names(tuning)
    in_order = ordered(tuning.trials, tuning.direction)
    few = [trial for place, trial in enumerate(in_order) if place < MOST_ROWS or trial.number == DEFAULTS]
    return TrialTable(
        settings=names[:MOST_SETTINGS],
        numbers={each.name for each in tuning.settings if each.kind != "categorical"},
        rows=[_row(trial, tuning, run, names[:MOST_SETTINGS]) for trial in few],
        rest=len(in_order) - len(few),
        more_settings=len(names[MOST_SETTINGS:]),
        reasons=_reasons(in_order),
    )


def _names(tuning: Tuning) -> list[str]:
    """The settings that were searched; those of the trials where the request is gone."""
    names = [each.name for each in tuning.settings]
    return names or list(dict.fromkeys(name for trial in tuning.trials for name in trial.hyperparameters))


def _row(trial: Trial, tuning: Tuning, run: Run, names: Sequence[str]) -> TrialRow:
    seconds, usd = trial.billable_seconds, None
    if seconds is not None and run.tariff is not None:
        usd = cost.dollars(cost.training_cost(seconds, run.instance_count, run.tariff.hourly_usd))
    values = trial.hyperparameters
    return TrialRow(
        name=trial_name(trial),
        is_best=trial.number == tuning.best,
        settings=[shown(values[name]) if name in values else "" for name in names],
        objective=trial.objective,
        status=trial.status,
        seconds=seconds,
        cost=usd,
    )


def _reasons(trials: Sequence[Trial]) -> list[tuple[str, int]]:
    """The most frequent ones."""
    found = Counter(plain_text.line(trial.reason, 200) for trial in trials if trial.status == "failed" and trial.reason)
    return found.most_common(_MOST_REASONS)


def facts(tuning: Tuning, run: Run) -> list[tuple[str, str]]:
    """Of the whole: how much was searched, what was chosen, what it cost."""
    job = tuning.best_trial.job if tuning.best_trial else None
    short = tuned(tuning.trials, tuning.objective, tuning.direction, job=job)
    chosen = ", ".join(f"{name} {shown(value)}" for name, value in short.hyperparameters.items())
    which = "the defaults" if tuning.best_is_defaults else f"trial {tuning.best}"
    found = {
        "searched": f"{trials_words(short)}{f', {tuning.strategy}' if tuning.strategy else ''}",
        "best": f"{which}: {chosen}" if tuning.best is not None else "none",
        "validation": short.objective.words,
        "cost of all": _cost(run, short),
        "time": _time(tuning),
    }
    return [(name, value) for name, value in found.items() if value]


def _cost(run: Run, short: Tuned) -> str:
    """With what one trial did cost on the average, that with the defaults counted."""
    usd = run_usd(run)
    return "" if usd is None else f"{cost.dollars(usd)}, {cost.dollars(usd / (short.trials + 1))} a trial"


def _time(tuning: Tuning) -> str:
    if tuning.seconds is None:
        return ""
    billed = "" if tuning.billable_seconds is None else f"; {tuning.billable_seconds:,} s billed"
    return f"{plain_text.duration(tuning.seconds)} from the first trial to the last{billed}"
