"""A run's training job, wherever it is carried out: SageMaker answers for its own jobs, the ledger for those in Lambda.

The one place that knows the difference.
"""

import json
from datetime import timedelta

from traindrop import aws, sagemaker_tunings
from traindrop.clock import now
from traindrop.events import TrainingJob, state_change_detail
from traindrop.job_state import event_detail
from traindrop.lambda_jobs import End, LambdaJob, LambdaJobs
from traindrop.lambda_limits import FUNCTIONS, LAMBDA, death_of
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings, Settings
from traindrop.tunings import tunings_of

# Longer than Lambda keeps an event in its queue (MaximumEventAgeInSeconds in template.yaml): no function will come.
GIVEN_UP_AFTER = timedelta(hours=1)
# Lambda's own clock and ours may differ by so much.
_SLACK_SECONDS = 60.0


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
        _invoke(run, job, settings)


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
    if known is not None:
        return LAMBDA, known.training_job()
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
    if job is not None and job.is_unclaimed and not _is_given_up(job):
        _invoke(run, job, settings)
    elif job is not None and _is_given_up(job):
        jobs.end(run.job, End("Failed", death_of("it was not heard of again")))
    return find(run, ledger)


def bury(run: Run, error: str, ledger: Ledger) -> None:
    """End a job in Lambda whose function died; `error` is Lambda's word on it. One that is over stays as it is."""
    LambdaJobs(ledger).end(run.job, End("Failed", death_of(error)))


def tell_state(run: Run, ledger: Ledger, settings: Settings) -> None:
    """Put the event on the bus that tells how the job stands."""
    if run.tunes:
        aws.emit_tuning_change(settings.stack, tunings_of(run).state_change(run, ledger))
    elif _in_lambda(run):
        detail = json.dumps(event_detail(LambdaJobs(ledger).stored(run.job).state))
        aws.emit_state_change(settings.stack, detail)
    else:
        aws.emit_state_change(settings.stack, state_change_detail(aws.described(run.job)))


def _in_lambda(run: Run) -> bool:
    return run.instance_type == LAMBDA


def _invoke(run: Run, job: LambdaJob, settings: DispatcherSettings) -> None:
    """Hand the request to the trainer. Twice does no harm: who comes second finds the job claimed."""
    small, _ = FUNCTIONS
    function = settings.trainer if (run.memory_mb or small) <= small else settings.large_trainer
    aws.invoke(function, job.state.request)


def _is_given_up(job: LambdaJob) -> bool:
    time = now().timestamp()
    if job.claimed_until is None:
        return time > job.state.created + GIVEN_UP_AFTER.total_seconds()
    return time > job.claimed_until + _SLACK_SECONDS
