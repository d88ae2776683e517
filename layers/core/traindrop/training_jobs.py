"""A run's job, wherever it is carried out: SageMaker answers for its own jobs, the ledger for those in Lambda.

The one place that knows the difference.
"""

import json

from traindrop import aws, lambda_single, lambda_tunings, sagemaker_single, sagemaker_tunings
from traindrop.carrier import Carrier
from traindrop.events import TrainingJob
from traindrop.job_state import event_detail
from traindrop.lambda_jobs import End, LambdaJobs
from traindrop.lambda_limits import LAMBDA, death_of
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings, Settings
from traindrop.tunings import tunings_of


def _carrier(run: Run) -> Carrier:
    if run.tunes:
        return tunings_of(run)
    return lambda_single if run.instance_type == LAMBDA else sagemaker_single


def create(run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None:
    """Have the request carried out. Whatever is repeated, there is one job of that name.

    Raises `ClientError` as CreateTrainingJob does; any other error leaves it open whether there is a job.
    """
    _carrier(run).create(run, request, ledger, settings)


def find(run: Run, ledger: Ledger) -> TrainingJob | None:
    """The job of the run's present attempt; None where there is none, or none any more."""
    return _carrier(run).find(run, ledger)


def find_named(job: str, ledger: Ledger) -> tuple[str | None, TrainingJob | None]:
    """A job of whatever attempt: `lambda` for one that is carried out there, else None; and the job, if it is there."""
    known = LambdaJobs(ledger).get(job)
    in_lambda = known.training_job() if known is not None else lambda_tunings.find_named(job, ledger)
    if in_lambda is not None:
        return LAMBDA, in_lambda
    return None, aws.find_training_job(job) or sagemaker_tunings.find_named(job, ledger)


def describe(run: Run, ledger: Ledger) -> TrainingJob:
    """The job of the run's present attempt, which is known to be there."""
    return _carrier(run).describe(run, ledger)


def stop(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:
    """Ask for the job's end. One that has ended already stays as it is."""
    _carrier(run).stop(run, ledger, settings)


def tag(run: Run, key: str, ledger: Ledger) -> str | None:
    """The value of one of the job's tags."""
    return _carrier(run).tag(run, key, ledger)


def look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> TrainingJob | None:
    """`find`, after what got lost was made up for: a job in Lambda that no function has begun is handed over again,
    and one whose function was never heard of again is ended. SageMaker sees to its own."""
    return _carrier(run).look_after(run, ledger, settings)


def bury(job: str, error: str, ledger: Ledger, settings: Settings) -> None:
    """End a job in Lambda, be it a trial, whose function died, and tell of it; `error` is Lambda's word on it.

    One that is over stays as it is, and is told again.
    """
    jobs = LambdaJobs(ledger)
    jobs.end(job, End("Failed", death_of(error)))
    aws.emit_state_change(settings.stack, json.dumps(event_detail(jobs.stored(job).state)))


def tell_state(run: Run, ledger: Ledger, settings: Settings) -> None:
    """Put the event on the bus that tells how the job stands."""
    detail = _carrier(run).state_change(run, ledger)
    if run.tunes:
        aws.emit_tuning_change(settings.stack, detail)
    else:
        aws.emit_state_change(settings.stack, detail)
