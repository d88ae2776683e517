"""Tuning jobs whose trials Lambda functions train.

Each has a record in the ledger, as each of its trials' training jobs has (`traindrop.lambda_jobs`). The tuner
(`traindrop.tuning`) alone adds trials to it.
"""

import json
from typing import Any

from traindrop import aws
from traindrop.clock import now
from traindrop.events import TuningJob
from traindrop.lambda_jobs import LambdaJobs
from traindrop.ledger import Ledger
from traindrop.records import Records
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings
from traindrop.trial import Trial, best
from traindrop.trial_of_job import as_it_stands
from traindrop.tuning_state import TuningState, as_training_job, event_detail


def records(ledger: Ledger) -> Records[TuningState]:
    """Those of one stack, by the name of the tuning job."""
    return Records(ledger, "tuning", TuningState.model_validate, _written)


def create(run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None:
    """As `training_jobs.create`. Raises `RuntimeError` where the request of the trial with the defaults is gone."""
    defaults = aws.read_json(run.bucket, run.defaults_request_key)
    if defaults is None:
        raise RuntimeError(f"the request of the trial with the defaults, {run.uri(run.defaults_request_key)}, is gone")
    # arn:aws:iam::<account>:role/…
    _, partition, _, _, account, *_ = defaults["RoleArn"].split(":")
    at = now()
    new = TuningState(
        request={**request, "HyperParameterTuningJobName": run.job}, defaults=defaults, account=account,
        region=settings.aws_region, partition=partition, memory_mb=run.memory_mb, created_at=at, modified_at=at,
    )  # fmt: skip
    tuning = records(ledger).add(run.job, new)
    if not tuning.trials and not tuning.is_over:
        _invoke(tuning, settings)


def find(run: Run, ledger: Ledger) -> TuningJob | None:
    """As `training_jobs.find`."""
    return find_named(run.job, ledger)


def find_named(name: str, ledger: Ledger) -> TuningJob | None:
    """The tuning job of that name; None where none is carried out in Lambda."""
    tuning = _as_it_stands(name, ledger)
    if tuning is None:
        return None
    found = best(tuning.trials, tuning.direction) if tuning.is_over else None
    job = None if found is None else LambdaJobs(ledger).get(found.job)
    return as_training_job(tuning, () if job is None else job.state.metrics)


def describe(run: Run, ledger: Ledger) -> TuningJob:
    """As `training_jobs.describe`."""
    found = find(run, ledger)
    if found is None:
        raise KeyError(run.job)
    return found


def stop(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:
    """Ask for the end of the tuning and of its trials that run; those that have ended stay as they are."""

    def wished(tuning: TuningState) -> TuningState | None:
        if tuning.is_over:
            return None
        return tuning.model_copy(update={"stop_wanted": True, "modified_at": now()})

    tuning = records(ledger).change(run.job, wished)
    if tuning is None:
        return
    for trial in tuning.open:
        LambdaJobs(ledger).stop(trial.job)
    _invoke(tuning, settings)


def tag(run: Run, key: str, ledger: Ledger) -> str | None:
    """As `training_jobs.tag`."""
    tags = records(ledger).stored(run.job).request.get("Tags", [])
    return next((each["Value"] for each in tags if each["Key"] == key), None)


def look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> TuningJob | None:
    """As `training_jobs.look_after`: the tuner makes up for what got lost of the trials, and of its own steps."""
    tuning = records(ledger).get(run.job)
    if tuning is not None and not tuning.is_over:
        _invoke(tuning, settings)
    return find(run, ledger)


def state_change(run: Run, ledger: Ledger) -> str:
    """The detail of the event "SageMaker HyperParameter Tuning Job State Change", as JSON."""
    return json.dumps(event_detail(records(ledger).stored(run.job)))


def trials(run: Run, ledger: Ledger) -> tuple[Trial, ...]:
    """As `tunings.trials_of`."""
    tuning = _as_it_stands(run.job, ledger)
    return () if tuning is None else tuning.trials


def _as_it_stands(name: str, ledger: Ledger) -> TuningState | None:
    """A tuning with what its trials' jobs have told since its last step."""
    tuning = records(ledger).get(name)
    if tuning is None or tuning.is_over:
        return tuning
    jobs = LambdaJobs(ledger)

    def refreshed(trial: Trial) -> Trial:
        job = None if trial.has_ended else jobs.get(trial.job)
        return trial if job is None else as_it_stands(trial, job, tuning.objective)

    return tuning.model_copy(update={"trials": tuple(map(refreshed, tuning.trials))})


def _invoke(tuning: TuningState, settings: DispatcherSettings) -> None:
    aws.invoke(settings.tuner, tuning.request)


def _written(tuning: TuningState) -> dict[str, Any]:
    return tuning.model_dump(mode="json", exclude_defaults=True)
