"""What a run needs before its job can be launched, at any later time: its data, its script, its request."""

from typing import Any

from traindrop import aws
from traindrop.algorithm_inputs import AlgorithmInputs, put_algorithm_inputs
from traindrop.ceilings import priced
from traindrop.confinement import check_confined
from traindrop.drop import Decision, Drop, decide
from traindrop.errors import LaunchRefused, Rejected
from traindrop.job import Job
from traindrop.known_prices import known_prices
from traindrop.ledger import Ledger
from traindrop.measuring import measure
from traindrop.placing import prices_of
from traindrop.request import training_job_request
from traindrop.run import Run, Status
from traindrop.settings import LauncherSettings
from traindrop.spending import reason_against
from traindrop.tuning_request import defaults_request, tuning_job_request


def prepare(drop: Drop, run: Run, settings: LauncherSettings) -> Run:
    """Decide on a drop; the run as it is to be recorded: waiting, with all it needs in the bucket, or ended."""
    try:
        decided = _affordable(decide(drop, run, settings.training_scripts, settings.trainers), settings)
        run = decided.run
        check_confined(decided.code, settings.confinement)
        algorithm = _algorithm_inputs(decided)
        requests = requests_of(decided, job_of(decided, algorithm, settings))
        if algorithm is None:
            _copy_inputs(run)
    except Rejected as error:
        return run.model_copy(update={"status": Status.REJECTED, "reason": str(error), "ended_at": run.created_at})
    except LaunchRefused as error:
        return run.model_copy(update={"status": Status.FAILED, "reason": str(error), "ended_at": run.created_at})
    bundle = decided.code.bundle
    if bundle is not None and not aws.exists(run.bucket, bundle.key):
        aws.put(run.bucket, bundle.key, bundle.body, "application/gzip")
    for key, request in requests.items():
        aws.put_json(run.bucket, key, request)
    return run


def requests_of(decided: Decision, job: Job) -> dict[str, dict[str, Any]]:
    """By the keys that they lie under: the request of the run's job, and of a run that tunes that of the defaults."""
    run, config = decided.run, decided.config
    if config.tuning is None:
        return {run.request_key: training_job_request(job, config)}
    return {
        run.request_key: tuning_job_request(job, config),
        run.defaults_request_key: defaults_request(job, config),
    }


def _affordable(decided: Decision, settings: LauncherSettings) -> Decision:
    """With its price, within its own ceiling and the month's. Raises `Rejected`."""
    run, region = decided.run, settings.aws_region
    decided = priced(decided, prices_of(decided.placement, known_prices(run.bucket), region), region)
    why_not = reason_against(decided.run, Ledger(settings.table), settings.monthly_ceiling)
    if why_not is not None:
        measure(settings.stack, RunsBeyondCeiling=1)
        raise Rejected(why_not)
    return decided


def _algorithm_inputs(decided: Decision) -> AlgorithmInputs | None:
    """What the image's own algorithm is given; None where a script or another image reads the dropped file."""
    if decided.config.framework != "builtin-xgboost":
        return None
    return put_algorithm_inputs(decided.run, decided.config, decided.headerless)


def _copy_inputs(run: Run) -> None:
    """Copy the versions that were checked: a key may be overwritten while the run waits, or while its instance starts.

    SageMaker reads whatever lies under the key when the instance is there, and takes no version.
    Raises `Rejected` where one has been deleted meanwhile.
    """
    inputs = [("train", run.key, run.version_id, run.size)]
    if run.test_key is not None:
        inputs.append(("test", run.test_key, run.test_version_id, run.test_size))
    for channel, key, version_id, size in inputs:
        if not aws.copy(run.bucket, key, version_id, run.input_key(key, channel), size=size):
            raise Rejected(f"{key} was deleted before it could be read. Drop it again.")


def job_of(decided: Decision, algorithm: AlgorithmInputs | None, settings: LauncherSettings) -> Job:
    """What the request is made of; `algorithm` only for the image's own algorithm."""
    run, bundle = decided.run, decided.code.bundle
    return Job(
        run=run.run,
        stack=settings.stack,
        dataset=run.dataset,
        bucket=run.bucket,
        train_key=algorithm.train_key if algorithm else run.input_key(run.key, "train"),
        validation_key=algorithm.validation_key if algorithm else None,
        # The algorithm takes no channel of that name; the evaluator scores its model itself.
        test_key=run.input_key(run.test_key, "test") if run.test_key and not algorithm else None,
        target=run.target or "",
        task=run.task or "auto",
        role_arn=settings.training_role_arn,
        region=settings.aws_region,
        owner=settings.owner,
        confinement=settings.confinement,
        entry_point=decided.code.entry_point(decided.config) if bundle else None,
        bundle_key=bundle.key if bundle else None,
        own_script=decided.code.own,
        algorithm_hyperparameters=algorithm.hyperparameters if algorithm else None,
    )
