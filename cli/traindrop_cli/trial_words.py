"""A tuned run's trials in words, and as scripts read them (--json). Pure."""

from collections.abc import Mapping
from datetime import datetime

from traindrop import plain_text
from traindrop.clock import now
from traindrop.trial import DEFAULTS, Trial
from traindrop_cli.run_trials import RunTrials, seconds_of

_LONGEST_VALUE = 40
_WITHOUT_VALUE = ("failed", "stopped", "stopped early")


def how_many(tuned: RunTrials) -> str:
    """`7 of 20`, the defaults not counted."""
    return f"{tuned.ended} of {tuned.most}"


def standing(tuned: RunTrials) -> str:
    """`7 of 20 trials have ended (1 failed, 2 stopped early), 4 are running`."""
    now_running = len(tuned.running)
    running = f", {now_running} {'is' if now_running == 1 else 'are'} running" if now_running else ""
    others = {status: sum(trial.status == status for trial in tuned.trials) for status in _WITHOUT_VALUE}
    without = ", ".join(f"{count} {status}" for status, count in others.items() if count)
    return f"{how_many(tuned)} trials have ended{f' ({without})' if without else ''}{running}"


def best_in_words(tuned: RunTrials) -> str | None:
    """`validation:auc 0.8712 by trial 5: eta 0.1, max_depth 4`; None where no trial has a value."""
    found = tuned.best
    if found is None or found.objective is None:
        return None
    value = f"{tuned.run.objective or 'objective'} {shown_number(found.objective)}"
    if found.number == DEFAULTS:
        return f"{value} by the defaults"
    return f"{value} by trial {found.number}: {settings_in_words(found.hyperparameters)}"


def settings_in_words(hyperparameters: Mapping[str, object]) -> str:
    """`eta 0.1, max_depth 4`; empty where none is known, as of defaults that only the script knows."""
    return ", ".join(f"{name} {shown_value(value)}" for name, value in hyperparameters.items())


def shown_value(value: object) -> str:
    """A setting's value in short: four digits of a number."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else plain_text.line(str(value), _LONGEST_VALUE)


def shown_number(value: float) -> str:
    """A value of the objective: four decimals where they say something."""
    return f"{value:.4f}" if 0.01 <= abs(value) < 1000 or value == 0 else plain_text.number(value)


def trials_as_json(tuned: RunTrials | None) -> list[dict[str, object]]:
    """For scripts, the best first; values in full."""
    if tuned is None:
        return []
    at, best_one = now(), tuned.best
    return [_as_json(tuned, trial, at, is_best=best_one is not None and trial.job == best_one.job)
            for trial in tuned.best_first]  # fmt: skip


def _as_json(tuned: RunTrials, trial: Trial, at: datetime, *, is_best: bool) -> dict[str, object]:
    usd = tuned.usd_of(trial, at)
    told = trial.model_dump(
        mode="json",
        include={"number", "job", "status", "hyperparameters", "objective", "billable_seconds", "started_at",
                 "ended_at", "reason"},
    )  # fmt: skip
    return {
        **told,
        "seconds": seconds_of(trial, at),
        "usd": None if usd is None else float(usd),
        "is_best": is_best,
        "is_defaults": trial.number == DEFAULTS,
    }
