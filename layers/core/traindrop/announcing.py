"""The end of a run as an event on the bus, for the notifier and for whoever else listens."""

from traindrop import aws
from traindrop.events import DetailType, RunEnded
from traindrop.run import Run, Status


def announce(run: Run, stack: str) -> None:
    """Emit the end of a run, once more where an earlier try may not have; the notifier tells it once.

    Nothing is emitted of a run that was told of or has not ended, nor of a training job that failed or was
    stopped: SageMaker's own event says so.
    """
    detail_type = _detail_type(run)
    if run.notified_at is not None or detail_type is None:
        return
    detail = RunEnded(
        run=run.run,
        dataset=run.dataset,
        status=run.status,
        reason=run.reason,
        main_metric=run.main_metric,
        metrics=run.metrics,
        evaluation=run.evaluation_uri,
        model=run.model_uri,
    )
    aws.emit(stack, detail_type, detail)


def _detail_type(run: Run) -> DetailType | None:
    if run.status is Status.FAILED:
        return None if run.was_launched else "Launch Failed"
    ends: dict[Status, DetailType] = {
        Status.REJECTED: "Run Rejected",
        Status.EVALUATED: "Model Evaluated",
        Status.EVALUATION_FAILED: "Evaluation Failed",
    }
    return ends.get(run.status)
