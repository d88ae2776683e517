"""A run's record as the outcome that its message is written from."""

from traindrop.billed import cost_line
from traindrop.events import InvocationFailed
from traindrop.message import Kind, Outcome
from traindrop.run import Run, Status

_KINDS = {
    Status.REJECTED: Kind.REJECTED,
    Status.REPEATED: Kind.REPEATED,
    Status.FAILED: Kind.FAILED,
    Status.STOPPED: Kind.STOPPED,
    Status.EVALUATED: Kind.EVALUATED,
    Status.EVALUATION_FAILED: Kind.EVALUATION_FAILED,
}


def kind_of(run: Run) -> Kind:
    """How a run ended. Raises `KeyError` for a run that has not."""
    if run.failed_function:
        return Kind.INTERNAL_ERROR
    if run.status is Status.FAILED and not run.was_launched:
        return Kind.LAUNCH_FAILED
    return _KINDS[run.status]


def outcome_of(run: Run, log_lines: list[str], dead_letter_queue: str) -> Outcome:
    """All that the message needs; `log_lines` are the training job's last ones."""
    duration = (run.ended_at - run.uploaded_at).total_seconds() if run.ended_at and run.uploaded_at else None
    # A job that failed or was stopped has an end too, but the script saves its model last of all.
    return Outcome(
        kind=kind_of(run),
        run=run.run,
        dataset=run.dataset,
        file=run.file,
        bucket=run.bucket,
        key=run.key,
        reason=run.reason,
        metrics=run.metrics or run.validation,
        main_metric=run.main_metric,
        intervals=run.intervals,
        baseline=run.baseline,
        rows=run.rows,
        columns=run.columns,
        test_rows=run.test_rows,
        only_validation=not run.metrics,
        size_bytes=run.size,
        duration_seconds=duration,
        billable_seconds=run.billable_seconds,
        cost=cost_line(run),
        framework=run.framework if run.instance_type else None,
        instance_type=run.instance_type,
        instance_count=run.instance_count,
        memory_mb=run.memory_mb,
        model_uri=run.model_uri,
        evaluation_uri=run.evaluation_uri,
        notes=run.notes,
        earlier_failures=run.earlier_failures,
        answered_by=run.answered_by,
        log_lines=tuple(log_lines),
        dead_letter_queue=dead_letter_queue,
        function=run.failed_function,
    )


def internal_error(failure: InvocationFailed, dead_letter_queue: str) -> Outcome:
    """For an event that belongs to no run."""
    return Outcome(
        kind=Kind.INTERNAL_ERROR,
        function=failure.function,
        reason=failure.error,
        dead_letter_queue=dead_letter_queue,
    )
