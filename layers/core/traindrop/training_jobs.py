"""A run's training job, wherever it is carried out: SageMaker answers for its own jobs, the ledger for those in Lambda.

The one place that knows the difference.
"""

import json

from traindrop import aws, lambda_tunings, sagemaker_tunings
from traindrop.events import TrainingJob, state_change_detail
from traindrop.handing_over import give_up, hand_over, is_given_up
from traindrop.job_state import JobState, event_detail
from traindrop.lambda_jobs import End, LambdaJobs
from traindrop.lambda_limits import LAMBDA, death_of
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings, Settings
from traindrop.tunings import tunings_of


def create(run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None:
    """Have the request carried out. Whatever is repeated, there is one job of that name.

    Raises `ClientError` as CreateTrainingJob does; any other error leaves it open whether there is a job.
    """
    if run.tunes:
        tunings_of(run).create(run, request, ledger, settings)
        return
    if not _in_lambda(run):
        aws.create_training_job(dict(request))
        return
    job = LambdaJobs(ledger).create(request, settings.aws_region)
    if job.is_unclaimed:
        hand_over(job, run.memory_mb, settings)


def find(run: Run, ledger: Ledger) -> TrainingJob | None:
    """The job of the run's present attempt; None where there is none, or none any more."""
    if run.tunes:
        return tunings_of(run).find(run, ledger)
    if not _in_lambda(run):
        return aws.find_training_job(run.job)
    job = LambdaJobs(ledger).get(run.job)
    return None if job is None else job.training_job()


def find_named(job: str, ledger: Ledger) -> tuple[str | None, TrainingJob | None]:
    """A job of whatever attempt: `lambda` for one that is carried out there, else None; and the job, if it is there."""
    known = LambdaJobs(ledger).get(job)
    in_lambda = known.training_job() if known is not None else lambda_tunings.find_named(job, ledger)
    if in_lambda is not None:
        return LAMBDA, in_lambda
    return None, aws.find_training_job(job) or sagemaker_tunings.find_named(job, ledger)


def describe(run: Run, ledger: Ledger) -> TrainingJob:
    """The job of the run's present attempt, which is known to be there."""
    if run.tunes:
        return tunings_of(run).describe(run, ledger)
    return LambdaJobs(ledger).stored(run.job).training_job() if _in_lambda(run) else aws.describe_training_job(run.job)


def stop(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:
    """Ask for the job's end. One that has ended already stays as it is."""
    if run.tunes:
        tunings_of(run).stop(run, ledger, settings)
        return
    if _in_lambda(run):
        LambdaJobs(ledger).stop(run.job)
    else:
        aws.stop_training_job(run.job)


def tag(run: Run, key: str, ledger: Ledger) -> str | None:
    """The value of one of the job's tags."""
    if run.tunes:
        return tunings_of(run).tag(run, key, ledger)
    return LambdaJobs(ledger).stored(run.job).state.tags.get(key) if _in_lambda(run) else aws.job_tag(run.job, key)


def look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> TrainingJob | None:
    """`find`, after what got lost was made up for: a job in Lambda that no function has begun is handed over again,
    and one whose function was never heard of again is ended. SageMaker sees to its own."""
    if run.tunes:
        return tunings_of(run).look_after(run, ledger, settings)
    if not _in_lambda(run):
        return find(run, ledger)
    jobs = LambdaJobs(ledger)
    job = jobs.get(run.job)
    if job is not None and is_given_up(job):
        give_up(run.job, jobs)
    elif job is not None and job.is_unclaimed:
        hand_over(job, run.memory_mb, settings)
    return find(run, ledger)


def bury(job: str, error: str, ledger: Ledger, settings: Settings) -> None:
    """End a job in Lambda, be it a trial, whose function died, and tell of it; `error` is Lambda's word on it.

    One that is over stays as it is, and is told again.
    """
    jobs = LambdaJobs(ledger)
    jobs.end(job, End("Failed", death_of(error)))
    _tell(jobs.stored(job).state, settings)


def tell_state(run: Run, ledger: Ledger, settings: Settings) -> None:
    """Put the event on the bus that tells how the job stands."""
    if run.tunes:
        aws.emit_tuning_change(settings.stack, tunings_of(run).state_change(run, ledger))
    elif _in_lambda(run):
        _tell(LambdaJobs(ledger).stored(run.job).state, settings)
    else:
        aws.emit_state_change(settings.stack, state_change_detail(aws.described(run.job)))


def _in_lambda(run: Run) -> bool:
    return run.instance_type == LAMBDA


def _tell(job: JobState, settings: Settings) -> None:
    aws.emit_state_change(settings.stack, json.dumps(event_detail(job)))
