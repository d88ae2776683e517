"""The tuner: one step of a tuning whose trials are carried out in Lambda, however often it is asked for."""

import json

from pydantic import TypeAdapter

from traindrop import aws
from traindrop.clock import now
from traindrop.events import SILENT, TrialEnded, TuningRequest
from traindrop.handing_over import give_up, hand_over, is_given_up
from traindrop.lambda_jobs import LambdaJob, LambdaJobs
from traindrop.lambda_tunings import records
from traindrop.ledger import Ledger
from traindrop.logs import about, log
from traindrop.pruning import limits_for
from traindrop.run import run_of
from traindrop.settings import TunerSettings
from traindrop.suggesting import suggest
from traindrop.trial import Trial, tuning_of
from traindrop.tuning_state import TuningState, event_detail
from traindrop.tuning_step import next_step, request_of

Step = TuningRequest | TrialEnded
STEP: TypeAdapter[Step] = TypeAdapter(Step, config=SILENT)
# So long after it was handed over a trial that no function has begun is handed over again.
_PATIENCE_SECONDS = 30.0


def name_of(step: Step) -> str | None:
    """The tuning job that is to go on: the one that is asked for, or whose trial ended; None where it is no trial."""
    if isinstance(step, TuningRequest):
        return step.hyper_parameter_tuning_job_name
    return tuning_of(step.detail.training_job_name)


def tune(name: str, settings: TunerSettings) -> str | None:
    """Take the next step of a tuning job; its status then, None where there is none of that name.

    Safe to call any number of times, from anywhere at once: what is to be trained is written down, as one step, before
    any of it is begun, and whatever is begun has a name that is taken once. Whoever dies in between leaves it to the
    next step. An exception means: deliver the event again.
    """
    with about(run_of(name)[0]):
        tuning = _step(name, settings)
        if tuning is None:
            return None
        ended = sum(trial.has_ended for trial in tuning.trials)
        log().info("tuning", extra={"job": name, "status": tuning.status, "trials": len(tuning.trials), "ended": ended})
    return tuning.status


def _step(name: str, settings: TunerSettings) -> TuningState | None:
    ledger = Ledger(settings.table)
    jobs, tunings = LambdaJobs(ledger), records(ledger)

    def stepped(tuning: TuningState) -> TuningState | None:
        stands = next_step(tuning, _jobs_of(tuning, jobs), now(), suggest)
        return None if stands is tuning else stands

    tuning = tunings.change(name, stepped) or tunings.get(name)
    if tuning is None:
        return None
    for trial in tuning.open:
        _carry_on(trial, tuning, jobs, settings)
    if tuning.is_over and not tuning.told:
        aws.emit_tuning_change(settings.stack, json.dumps(event_detail(tuning)))
        tunings.change(name, lambda stored: stored.model_copy(update={"told": True}))
    return tuning


def _jobs_of(tuning: TuningState, jobs: LambdaJobs) -> dict[str, LambdaJob]:
    """Of the trials that had not ended; those whose function was never heard of again have now."""
    found: dict[str, LambdaJob] = {}
    for trial in tuning.open:
        job = jobs.get(trial.job)
        if job is not None and not job.state.is_over and is_given_up(job):
            job = give_up(trial.job, jobs) or jobs.get(trial.job)
        if job is not None:
            found[trial.job] = job
    return found


def _carry_on(trial: Trial, tuning: TuningState, jobs: LambdaJobs, settings: TunerSettings) -> None:
    """Make the trial's job, hand it over where no function has it, stop it where that is wanted."""
    known = jobs.get(trial.job)
    job = known or _made(trial, tuning, jobs, settings)
    if tuning.stop_wanted and job.state.status == "InProgress":
        jobs.stop(trial.job)
    if known is None or _is_left_alone(known):
        hand_over(job, tuning.memory_mb, settings)


def _made(trial: Trial, tuning: TuningState, jobs: LambdaJobs, settings: TunerSettings) -> LambdaJob:
    limits = limits_for(tuning.request, tuning.trials, trial.number)
    return jobs.create(request_of(tuning, trial), settings.aws_region, limits)


def _is_left_alone(job: LambdaJob) -> bool:
    return job.is_unclaimed and now().timestamp() > job.state.created + _PATIENCE_SECONDS
