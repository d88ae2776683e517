"""What there is to say of a tuning that has ended: remarks where it has a model, and else why it has none. Pure."""

import re
from collections.abc import Iterator, Sequence

from traindrop.run import Run
from traindrop.trial import DEFAULTS, Trial
from traindrop.tuning_search import Search

# "AlgorithmError: …" (FailureReason of DescribeTrainingJob).
_KIND = re.compile(r"(?P<kind>\w+): ")


def remarks(run: Run, search: Search, trials: Sequence[Trial]) -> Iterator[str]:
    """What is to be known of a tuning that has a best trial, a sentence each."""
    others = [trial for trial in trials if trial.number != DEFAULTS]
    made, planned = len(others), run.max_trials or len(others)
    if search.status == "Stopped":
        yield f"The tuning was stopped {_by(run)} after {_done(others)} of {planned} trials."
    elif search.status == "Failed":
        why = search.reason or "no reason was given"
        yield f"The tuning ended before its time, after {made} of {planned} trials: {why}"
    elif made < planned:
        yield f"The tuning ended after {made} of {planned} trials."
    if failed := [trial for trial in others if trial.status == "failed"]:
        yield f"{len(failed)} of {made} trials failed; the first of them, {_named(failed[0])}: {_reason(failed[0])}"
    if silent := [trial for trial in others if trial.status == "completed" and trial.objective is None]:
        yield f"{len(silent)} of {made} trials logged no {run.objective}."
    if not any(trial.counts for trial in others):
        yield f"None of {made} trials ended with a value of {run.objective}: the model is the one with the defaults."
    if not _defaults(trials).counts:
        yield f"The trial with the defaults {_what_came_of(_defaults(trials), run)}; there is nothing to compare with."


def why_none(run: Run, search: Search, trials: Sequence[Trial]) -> str:
    """Why there is no trial whose model could be used."""
    failed = [trial for trial in trials if trial.status == "failed"]
    silent = [trial for trial in trials if trial.status == "completed"]
    if silent:
        return _never_appeared(run, search, silent, failed)
    if not failed or len(trials) == 1:
        return search.reason or _defaults(trials).reason or f"No trial ended with a value of {run.objective}."
    kinds = {found["kind"] if (found := _KIND.match(_reason(trial))) else None for trial in failed}
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    # In front, where a reason has its kind: some are worth another attempt.
    return f"{f'{kind}: ' if kind else ''}{_all_failed(trials, failed)}"


def _all_failed(trials: Sequence[Trial], failed: Sequence[Trial]) -> str:
    first = next((trial for trial in failed if trial.number != DEFAULTS), failed[0])
    rest = len(trials) - len(failed)
    others = f" (the other {rest} came to no value)" if rest else ""
    how_many = f"{len(failed)} of {len(trials)}" if rest else f"all {len(failed)}"
    return f"{how_many} trials failed{others}; the first of them, {_named(first)}: {_reason(first)}"


def _never_appeared(run: Run, search: Search, silent: Sequence[Trial], failed: Sequence[Trial]) -> str:
    more = f" {len(failed)} more failed; the first of them, {_named(failed[0])}: {_reason(failed[0])}" if failed else ""
    theirs = f" The tuning job's own reason: {search.reason}" if search.reason else ""
    return (
        f"The objective never appeared: {len(silent)} trials were trained to their end, and none logged a value of "
        f"{run.objective}. Name a metric that the training logs as objective under tuning in training.yaml; of a "
        f"script of your own with its regex.{more}{theirs}"
    )


def why_stopped(run: Run, trials: Sequence[Trial]) -> str:
    """How far it had come, where no trial had a value by then."""
    others = [trial for trial in trials if trial.number != DEFAULTS]
    planned = run.max_trials or len(others)
    failed = [trial for trial in trials if trial.status == "failed"]
    more = f" {len(failed)} failed; the first of them, {_named(failed[0])}: {_reason(failed[0])}" if failed else ""
    return (
        f"Stopped {_by(run)} after {_done(others)} of {planned} trials; none had ended with a value of "
        f"{run.objective}.{more}"
    )


def _done(others: Sequence[Trial]) -> int:
    """How many trials had come to an end of their own."""
    return sum(trial.has_ended and trial.status != "stopped" for trial in others)


def _by(run: Run) -> str:
    return f"by {run.stop_requested_by}" if run.stop_requested_by else "from outside"


def _what_came_of(trial: Trial, run: Run) -> str:
    if trial.status == "completed":
        return f"logged no {run.objective}"
    if trial.status == "failed":
        return f"could not be trained ({_reason(trial).rstrip('.')})"
    return "was stopped"


def _named(trial: Trial) -> str:
    return "the one with the defaults" if trial.number == DEFAULTS else f"trial {trial.number}"


def _reason(trial: Trial) -> str:
    return trial.reason or "no reason was given"


def _defaults(trials: Sequence[Trial]) -> Trial:
    return next(trial for trial in trials if trial.number == DEFAULTS)
