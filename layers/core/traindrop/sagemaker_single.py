"""Single training jobs that SageMaker carries out. It sees to them itself: nothing has to be made up for."""

from traindrop import aws
from traindrop.events import TrainingJob, state_change_detail
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.script_mode import Request
from traindrop.settings import DispatcherSettings


def create(run: Run, request: Request, ledger: Ledger, settings: DispatcherSettings) -> None:  # noqa: ARG001 - Carrier's
    aws.create_training_job(dict(request))


def find(run: Run, ledger: Ledger) -> TrainingJob | None:  # noqa: ARG001 - Carrier's
    return aws.find_training_job(run.job)


def describe(run: Run, ledger: Ledger) -> TrainingJob:  # noqa: ARG001 - Carrier's
    return aws.describe_training_job(run.job)


def stop(run: Run, ledger: Ledger, settings: DispatcherSettings) -> None:  # noqa: ARG001 - Carrier's
    aws.stop_training_job(run.job)


def tag(run: Run, key: str, ledger: Ledger) -> str | None:  # noqa: ARG001 - Carrier's
    return aws.job_tag(run.job, key)


def look_after(run: Run, ledger: Ledger, settings: DispatcherSettings) -> TrainingJob | None:  # noqa: ARG001 - Carrier's
    return find(run, ledger)


def state_change(run: Run, ledger: Ledger) -> str:  # noqa: ARG001 - Carrier's
    return state_change_detail(aws.described(run.job))
