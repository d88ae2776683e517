"""The tuning jobs of SageMaker: a tuning job for the search, and beside it a training job with the defaults."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from traindrop import aws
from traindrop.clock import now
from traindrop.events import TuningJob, tuning_change_detail
from traindrop.ledger import Ledger
from traindrop.logs import log
from traindrop.quota import refusal
from traindrop.request import for_job
from traindrop.run import Run, run_of
from traindrop.sagemaker_trials import search_of, trial_of_defaults, trials_of_children
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings
from traindrop.trial import Trial
from traindrop.tuning_end import as_one_job

# For so long, from the end of the search on, the trial with the defaults may wait for an instance.
PATIENCE = timedelta(hours=6)


def create(run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None:  # noqa: ARG001 - Tunings'
    """The tuning job, then the training job with the defaults; each may be there already.

    Raises `ClientError` as CreateHyperParameterTuningJob does. That there is no room for the other one is none: with
    the same quota the search may take all that there is. `look_after` makes up for it.
    """
    try:
        aws.create_tuning_job(dict(request))
    except ClientError as error:
        if aws.error_code(error) != "ResourceInUse":
            raise
    _train_defaults(run, ledger)


def find(run: Run, ledger: Ledger) -> TuningJob | None:  # noqa: ARG001 - Tunings'
    """As `training_jobs.find`."""
    tuning = aws.find_tuning_job(run.job)
    return None if tuning is None else _as_one_job(run, tuning, _defaults(run, tuning))


def find_named(name: str, ledger: Ledger) -> TuningJob | None:
    """The tuning job of that name, of a run that does not await it any more; None where there is none."""
    run_name, attempt = run_of(name)
    run = ledger.get(run_name)
    if run is None or not run.tunes:
        return None
    this = run.model_copy(update={"attempt": attempt})
    # Where the trial with the defaults is missing, it stays so.
    refused = {this.defaults_job: "the run went on without it", **run.defaults_refused}
    return find(this.model_copy(update={"defaults_refused": refused}), ledger)


def describe(run: Run, ledger: Ledger) -> TuningJob:  # noqa: ARG001 - Tunings'
    """As `training_jobs.describe`."""
    tuning = aws.described_tuning(run.job)
    return _as_one_job(run, tuning, _defaults(run, tuning))


def stop(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:  # noqa: ARG001 - Tunings'
    """Ask for the end of the tuning and of its trials that run; those that have ended stay as they are."""
    aws.stop_tuning_job(run.job)
    defaults = aws.find_training_job(run.defaults_job)
    # Of a job that is not there nobody may ask for the end: the permission is for those with the stack's tag.
    if defaults is not None and not defaults.has_ended:
        aws.stop_training_job(run.defaults_job)


def tag(run: Run, key: str, ledger: Ledger) -> str | None:  # noqa: ARG001 - Tunings'
    """As `training_jobs.tag`."""
    return aws.tag_of(aws.described_tuning(run.job)["HyperParameterTuningJobArn"], key)


def look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> TuningJob | None:  # noqa: ARG001 - Tunings'
    """As `training_jobs.look_after`: the training job with the defaults is created where it is missing."""
    tuning = aws.find_tuning_job(run.job)
    if tuning is None:
        return None
    defaults = _defaults(run, tuning)
    if defaults.status != "waiting":
        return _as_one_job(run, tuning, defaults)
    ended = search_of(tuning).ended_at
    if ended is not None and now() - ended > PATIENCE:
        hours = int(PATIENCE.total_seconds() / 3600)
        ledger.give_up_defaults(run, f"within {hours} hours of the tuning's end there was no free instance for it")
    else:
        _train_defaults(run, ledger)
    return find(ledger.stored(run.run), ledger)


def state_change(run: Run, ledger: Ledger) -> str:  # noqa: ARG001 - Tunings'
    """The detail of the event "SageMaker HyperParameter Tuning Job State Change", as JSON."""
    return tuning_change_detail(aws.described_tuning(run.job))


def trials(run: Run, ledger: Ledger) -> tuple[Trial, ...]:  # noqa: ARG001 - Tunings'
    """As `tunings.trials_of`."""
    tuning = aws.find_tuning_job(run.job)
    return () if tuning is None else (_defaults(run, tuning), *_others(run, tuning))


def _as_one_job(run: Run, tuning: Mapping[str, Any], defaults: Trial) -> TuningJob:
    search = search_of(tuning)
    if not (search.has_ended and defaults.has_ended):
        return as_one_job(run, search, [defaults])
    job = as_one_job(run, search, [defaults, *_others(run, tuning)])
    if job.best_trial is None:
        return job
    # The list of a tuning's training jobs has the objective alone.
    found = aws.describe_training_job(job.best_trial)
    return job.model_copy(update={"final_metric_data_list": found.final_metric_data_list})


def _defaults(run: Run, tuning: Mapping[str, Any]) -> Trial:
    return trial_of_defaults(run, tuning, aws.find_described(run.defaults_job))


def _others(run: Run, tuning: Mapping[str, Any]) -> list[Trial]:
    children = aws.children_of_tuning(run.job)
    billed = {}
    if tuning["TrainingJobDefinition"].get("EnableManagedSpotTraining"):
        # With spot capacity the time between start and end is not what is billed.
        found = {child["TrainingJobName"]: aws.described(child["TrainingJobName"]) for child in children}
        billed = {name: job["BillableTimeInSeconds"] for name, job in found.items() if "BillableTimeInSeconds" in job}
    return trials_of_children(tuning, children, billed)


def _train_defaults(run: Run, ledger: Ledger) -> None:
    """Create the training job with the defaults, or note why there will never be one."""
    request = aws.read_json(run.bucket, run.defaults_request_key)
    if request is None:
        ledger.give_up_defaults(run, f"its request {run.uri(run.defaults_request_key)} was deleted")
        return
    try:
        aws.create_training_job(for_job(request, run.defaults_job))
    except ClientError as error:
        if aws.error_code(error) == "ResourceInUse":
            return
        refused = refusal(aws.error_code(error), aws.error_message(error))
        if refused is None:
            raise
        log().info("the trial with the defaults waits", extra={"means": refused.means})
        if refused.means == "never":
            ledger.give_up_defaults(run, refused.reason)
