"""Stopping a run: which may be, what is to be known of it first, and the wish itself."""

from traindrop import training_jobs
from traindrop.events import Stop
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.asking import ask, who_asks
from traindrop_cli.errors import CommandError
from traindrop_cli.find import run_in
from traindrop_cli.run_trials import RunTrials, find_trials
from traindrop_cli.stack import Stack
from traindrop_cli.standing import in_line, is_launched
from traindrop_cli.trial_words import standing

_OWNER = "traindrop:owner"
_OTHERS = " Only runs of this stack's ledger are ever stopped; training jobs of others are never touched."


def run_to_stop(stack: Stack, name: str) -> Run:
    """Raises `CommandError` where there is no such run, or where it has ended."""
    run = run_in(stack, name, advice=_OTHERS)
    if not run.goes_on:
        raise CommandError(f"{name} has ended already, there is nothing to stop: it is {run.status.value}.")
    return run


def about_to_stop(stack: Stack, run: Run) -> dict[str, str]:
    """What is about to be stopped, and whose it is: titles and texts."""
    ledger = Ledger(stack.table)
    waits = in_line(run, ledger.waiting())
    if is_launched(run):
        since = f"{run.launched_at:%Y-%m-%d %H:%M:%S} UTC, as {'tuning' if run.tunes else 'training'} job {run.job}"
    else:
        since = f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC" + (f", {waits}" if waits else "")
    return {
        "run": run.run,
        "dataset": f"{run.dataset} ({run.file})",
        "status": f"{run.status.value} since {since}",
        "instances": run.place,
        **_trials(find_trials(run, ledger)),
        "owner": _owner(run, ledger) or "unknown",
    }


def _trials(tuned: RunTrials | None) -> dict[str, str]:
    """What becomes of those of a run that tunes; nothing of another."""
    if tuned is None:
        return {}
    kept = "the best of those with a value becomes the model" if tuned.best else "none has a value yet"
    return {"trials": f"{standing(tuned)}; those that run are stopped, {kept}"}


def is_stopped(run: Run) -> bool:
    """Whether a wish was fulfilled: a tuning that was stopped goes on with the best trial that it has."""
    tuned_so_far = run.tunes and run.stop_requested_by is not None and run.best_trial is not None
    return run.status is Status.STOPPED or (tuned_so_far and not run.goes_on)


def ask_to_stop(stack: Stack, run: Run) -> None:
    """The dispatcher carries it out."""
    ask(stack, "Stop Requested", Stop(run=run.run, who=who_asks(stack)))


def _owner(run: Run, ledger: Ledger) -> str | None:
    """The owner tag of the training job; of a run that has no job yet, the one that it will get."""
    return training_jobs.tag(run, _OWNER, ledger) if is_launched(run) else run.owner
