"""What must hold of the runs that tune, number 12 in docs/invariants.md: pure functions over the history."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from tests.simulation.history import History, InLambda, InLambdaTuning, Item
from tests.simulation.sagemaker import Job, last_values
from tests.simulation.tuning_jobs import TuningJob

from traindrop.run import Status
from traindrop.search_space import settings_of
from traindrop.trial import Trial, tuning_of
from traindrop.tuning_state import TuningState

_WITH_MODEL = {Status.COMPLETED, Status.EVALUATED, Status.EVALUATION_FAILED}
_MOVED_ON = {*_WITH_MODEL, Status.FAILED, Status.STOPPED}


def trials_are_written_first(history: History) -> Iterator[str]:
    """12: whatever is trained for a tuning in Lambda stood in its record before, with the very same settings."""
    for name, job in _trials_in_lambda(history):
        tuning = history.tunings[str(tuning_of(name))]
        if not isinstance(tuning, InLambdaTuning):
            yield f"12: {name} is in Lambda, its tuning is not"
            continue
        before = [state for at, state in tuning.written if at <= job.created]
        found = [trial for state in before[-1:] for trial in state.trials if trial.job == name]
        if not found:
            yield f"12: {name} was begun before it was written down"
        elif differ := _settings_that_differ(tuning.now, found[0], job):
            yield f"12: {name} was begun with {differ}, which is not what its tuning has of it"


def _settings_that_differ(tuning: TuningState, trial: Trial, job: InLambda) -> dict[str, str]:
    known, settings = job.request["HyperParameters"], {each.name: each for each in settings_of(tuning.request)}
    texts = {name: settings[name].text(value) for name, value in trial.hyperparameters.items()}
    return {name: known.get(name, "") for name, text in texts.items() if known.get(name) != text}


def a_record_only_grows(history: History) -> Iterator[str]:
    """12: of a tuning's record no trial goes, none that has ended changes, and after an end or a stop none comes."""
    for name, tuning in history.tunings.items():
        states = [state for _, state in tuning.written] if isinstance(tuning, InLambdaTuning) else []
        for before, after in pairwise(states):
            kept = after.trials[: len(before.trials)]
            if [trial.job for trial in kept] != [trial.job for trial in before.trials]:
                yield f"12: {name} lost a trial"
            for was, now in zip(before.trials, kept, strict=False):
                if was.has_ended and was != now:
                    yield f"12: the end of {was.job} was changed"
            if len(after.trials) > len(before.trials) and (before.is_over or before.stop_wanted):
                yield f"12: {name} began more trials after it was {'over' if before.is_over else 'to stop'}"
            if before.is_over and before.status != after.status:
                yield f"12: {name} went from {before.status} to {after.status}"


def as_many_trials_as_wished(history: History) -> Iterator[str]:
    """12: never more trials than were asked for, beside the one with the defaults, nor more at once."""
    for name, tuning in history.tunings.items():
        trials = list(_trials_of(name, history))
        most, at_once = _limits(tuning)
        if len(trials) > most:
            yield f"12: {name} had {len(trials)} trials, {most} it may"
        # An end comes before a beginning at the same moment.
        moments = sorted([(job.created, 1) for job in trials] + [(job.ended, -1) for job in trials if job.ended])
        running = 0
        for at, change in moments:
            running += change
            if running > at_once:
                yield f"12: {running} trials of {name} ran at {at:.1f}, {at_once} may"
                break


def _limits(tuning: InLambdaTuning | TuningJob) -> tuple[int, int]:
    """Those of the request; in Lambda the trial with the defaults is one of those that run at once."""
    if isinstance(tuning, TuningJob):
        return tuning.most + 1, tuning.at_once + 1
    limits = tuning.now.request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    return limits["MaxNumberOfTrainingJobs"] + 1, limits["MaxParallelTrainingJobs"]


def no_finished_trial_is_lost(history: History) -> Iterator[str]:
    """12: all trials end and are in the record, and the best of those with a value is the run's, whatever befell."""
    for name, tuning in history.tunings.items():
        if tuning.ended is None:
            yield f"12: {name} never came to an end: {tuning.status}"
        elif isinstance(tuning, InLambdaTuning):
            yield from _not_in_record(tuning.now, history)
    for run in history.runs.values():
        its = history.tunings.get(_job_of(run))
        if its is None or its.ended is None or run["status"] not in _MOVED_ON:
            continue
        best = _best(run, its, history)
        if run["status"] not in _WITH_MODEL and best is not None:
            yield f"12: {run['run']} is {run['status']}, and {best} was done"
        elif run["status"] in _WITH_MODEL and run.get("best_trial") != best:
            yield f"12: {run['run']} has the model of {run.get('best_trial')}, and the best trial is {best}"


def _not_in_record(tuning: TuningState, history: History) -> Iterator[str]:
    jobs = dict(_trials_in_lambda(history))
    for trial in tuning.trials:
        job = jobs.get(trial.job)
        if job is None:
            yield f"12: {trial.job} was written down and never begun"
        elif not trial.has_ended or job.ended is None:
            yield f"12: {tuning.name} is over, and {trial.job} is not"
        elif trial.counts != (_value(job, tuning.objective) is not None):
            yield f"12: {trial.job} is {trial.status} in the record, and its job {job.status}"


def _best(run: Item, tuning: InLambdaTuning | TuningJob, history: History) -> str | None:
    """The first of the best, by what became of the jobs."""
    sign = -1 if run["direction"] == "maximize" else 1
    found = [
        (sign * value, job.created, name)
        for name, job in _jobs_of(_job_of(run), history)
        if (value := _value(job, run["objective"])) is not None
    ]
    if isinstance(tuning, InLambdaTuning):
        numbers = {trial.job: trial.number for trial in tuning.now.trials}
        found = [(value, numbers[name], name) for value, _, name in found]
    elif tuning.defaults is not None:
        found = [(value, -1.0 if name == tuning.defaults.name else at, name) for value, at, name in found]
    return min(found)[2] if found else None


def _value(job: InLambda | Job, metric: str) -> float | None:
    """Of a job that was done, what it came to."""
    if job.status != "Completed":
        return None
    if isinstance(job, InLambda):
        return job.metrics.get(metric)
    values = last_values(job.request, job.fate, 0.0)
    return next((each["Value"] for each in values if each["MetricName"] == metric), None)


def a_trial_is_no_run(history: History) -> Iterator[str]:
    """12: nothing but an upload or a wish makes a run, and none moves on before its tuning has ended."""
    answers: set[str] = set().union(*history.answers.values())
    yield from (f"12: {run} answers nobody" for run in history.runs if run not in answers)
    for change in history.changes:
        after, before = change.after, change.before
        if after is None or before is None or before["status"] != Status.IN_PROGRESS:
            continue
        tuning = history.tunings.get(_job_of(before))
        moves = after["attempt"] != before["attempt"] or after["status"] in _MOVED_ON
        if tuning is not None and moves and (tuning.ended is None or tuning.ended > change.at):
            yield f"12: {change.run} went on to {after['status']} by {change.by}, and its tuning had not ended"


def _job_of(run: Item) -> str:
    attempt = int(run["attempt"])
    return str(run["run"]) if attempt == 1 else f"{run['run']}-r{attempt}"


def _trials_in_lambda(history: History) -> Iterable[tuple[str, InLambda]]:
    return ((name, job) for name, job in history.in_lambda.items() if history.is_trial(name))


def _jobs_of(tuning: str, history: History) -> Iterator[tuple[str, InLambda | Job]]:
    jobs: dict[str, Any] = {**history.jobs, **history.in_lambda}
    return ((name, job) for name, job in jobs.items() if tuning_of(name) == tuning)


def _trials_of(tuning: str, history: History) -> Iterator[InLambda | Job]:
    return (job for _, job in _jobs_of(tuning, history))


OF_TUNINGS = (
    trials_are_written_first, a_record_only_grows, as_many_trials_as_wished, no_finished_trial_is_lost,
    a_trial_is_no_run,
)  # fmt: skip
