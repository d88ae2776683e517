"""Single training jobs that a Lambda function carries out: the ledger answers for them (`traindrop.lambda_jobs`)."""

import json

from traindrop.events import TrainingJob
from traindrop.handing_over import give_up, hand_over, is_given_up
from traindrop.job_state import event_detail
from traindrop.lambda_jobs import LambdaJobs
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings


def create(run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None:
    job = LambdaJobs(ledger).create(request, settings.aws_region)
    if job.is_unclaimed:
        hand_over(job, run.memory_mb, settings)


def find(run: Run, ledger: Ledger) -> TrainingJob | None:
    job = LambdaJobs(ledger).get(run.job)
    return None if job is None else job.training_job()


def describe(run: Run, ledger: Ledger) -> TrainingJob:
    return LambdaJobs(ledger).stored(run.job).training_job()


def stop(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:  # noqa: ARG001 - Carrier's
    LambdaJobs(ledger).stop(run.job)


def tag(run: Run, key: str, ledger: Ledger) -> str | None:
    return LambdaJobs(ledger).stored(run.job).state.tags.get(key)


def look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> TrainingJob | None:
    """One that no function has begun is handed over again, and one whose function was never heard of again ends."""
    jobs = LambdaJobs(ledger)
    job = jobs.get(run.job)
    if job is not None and is_given_up(job):
        give_up(run.job, jobs)
    elif job is not None and job.is_unclaimed:
        hand_over(job, run.memory_mb, settings)
    return find(run, ledger)


def state_change(run: Run, ledger: Ledger) -> str:
    return json.dumps(event_detail(LambdaJobs(ledger).stored(run.job).state))
