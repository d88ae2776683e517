"""What becomes of a run as events on the bus, for the notifier and for whoever else listens."""

from traindrop import aws
from traindrop.events import DetailType, EndOfRun, RunChanged
from traindrop.run import Run, Status

_ENDS: dict[Status, EndOfRun] = {
    Status.REJECTED: "Run Rejected",
    Status.REPEATED: "Run Repeated",
    Status.FAILED: "Training Failed",
    Status.STOPPED: "Run Stopped",
    Status.EVALUATED: "Model Evaluated",
    Status.EVALUATION_FAILED: "Evaluation Failed",
}


def announce(run: Run, stack: str) -> None:
    """Emit the end of a run, once more where an earlier try may not have; the notifier tells it once.

    Nothing is emitted of a run that was told of or has not ended.
    """
    detail_type = _ENDS.get(run.status)
    if run.notified_at is not None or detail_type is None:
        return
    if run.status is Status.FAILED and not run.was_launched:
        detail_type = "Launch Failed"
    _emit(run, detail_type, stack)


def announce_waiting(run: Run, stack: str) -> None:
    """Emit that a run waits in the line, and what for (`reason`)."""
    _emit(run.model_copy(update={"reason": run.waits_for}), "Run Waiting", stack)


def _emit(run: Run, detail_type: DetailType, stack: str) -> None:
    detail = RunChanged(
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
