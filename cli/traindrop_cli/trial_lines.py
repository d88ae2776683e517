"""A tuning while it goes on: a line for each trial that ended, and a few lines of how it stands. Pure."""

from collections.abc import Iterator
from datetime import datetime

from traindrop import plain_text
from traindrop.clock import now
from traindrop.cost import dollars
from traindrop.trial import DEFAULTS, Trial
from traindrop_cli.curve_line import sparkline
from traindrop_cli.run_trials import RunTrials
from traindrop_cli.trial_words import best_in_words, settings_in_words, shown_number, standing


def ended_trials(tuned: RunTrials, told: set[str]) -> Iterator[tuple[datetime, str, str]]:
    """When, which and what of each trial that has ended and is not in `told`, where it is put; in their order."""
    over = sorted((trial for trial in tuned.trials if trial.has_ended), key=lambda trial: trial.ended_at or now())
    best_before, count = None, 0
    for trial in over:
        count += trial.number != DEFAULTS
        is_best = trial.counts and (best_before is None or RunTrials(tuned.run, (best_before, trial)).best == trial)
        best_before = trial if is_best else best_before
        if trial.job not in told:
            told.add(trial.job)
            name = "defaults" if trial.number == DEFAULTS else f"trial {trial.number}"
            detail = _what_came_of_it(tuned, trial, is_best=is_best)
            at = trial.ended_at or now()
            counted = "" if trial.number == DEFAULTS else f"; {count} of {tuned.most}"
            usd = tuned.usd(at)
            yield at, name, f"{detail}{counted}" + ("" if usd is None else f", {dollars(usd)} so far")


def _what_came_of_it(tuned: RunTrials, trial: Trial, *, is_best: bool) -> str:
    """`validation:auc 0.8712, the best so far (eta 0.1, max_depth 4)`, or why it has no value."""
    chosen = settings_in_words(trial.hyperparameters)
    settings = f" ({chosen})" if chosen else ""
    value = "" if trial.objective is None else f"{tuned.run.objective or 'objective'} {shown_number(trial.objective)}"
    if trial.counts:
        return f"{value}{', the best so far' if is_best else ''}{settings}"
    why = f": {plain_text.line(trial.reason, 120)}" if trial.reason else ""
    return f"{trial.status}{f' at {value}' if value else ''}{settings}{why}"


def standing_lines(tuned: RunTrials, *, ascii_only: bool = False) -> list[str]:
    """How it stands; in ASCII without the curve."""
    lines = [standing(tuned)] if tuned.trials else []
    if (best := best_in_words(tuned)) is not None:
        curve = "" if ascii_only else f"{sparkline(tuned.best_so_far)} "
        lines.append(f"best so far {curve}{best}")
    return lines


def cost_so_far(tuned: RunTrials, at: datetime) -> str:
    """`, $0.0042 so far, $0.02 at the most`; empty where no price is known."""
    usd, most = tuned.usd(at), tuned.run.worst_case_usd
    if usd is None:
        return ""
    return f", {dollars(usd)} so far" + ("" if most is None else f", {dollars(most)} at the most")
