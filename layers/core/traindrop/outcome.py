"""How a run ended, with everything that its message may say, from the run's record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from traindrop.billed import cost_line
from traindrop.events import InvocationFailed
from traindrop.gain import Tuned
from traindrop.known_failures import KnownFailure, known_failure
from traindrop.places import NOWHERE, Places
from traindrop.run import Run, Status


class Kind(StrEnum):
    """How a run ended; the `outcome` attribute of its message, by which subscribers may filter."""

    EVALUATED = "evaluated"
    REJECTED = "rejected"
    REPEATED = "repeated"
    FAILED = "failed"
    STOPPED = "stopped"
    LAUNCH_FAILED = "launch_failed"
    EVALUATION_FAILED = "evaluation_failed"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True)
class Outcome:
    """Everything that a message may say. Metrics by name, None where undefined; times in seconds.

    With `only_validation`, `metrics` are those that training measured on its own validation rows.
    """

    kind: Kind
    run: str | None = None
    dataset: str | None = None
    file: str | None = None
    bucket: str | None = None
    key: str | None = None
    reason: str | None = None
    # What the reason is known for, if it is.
    known: KnownFailure | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    main_metric: str | None = None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    baseline: Mapping[str, float | None] = field(default_factory=dict)
    only_validation: bool = False
    rows: int | None = None
    columns: int | None = None
    test_rows: int | None = None
    size_bytes: int | None = None
    duration_seconds: float | None = None
    billable_seconds: int | None = None
    # The amount with its arithmetic, or why it is not known; None where no job has ended.
    cost: str | None = None
    framework: str | None = None
    instance_type: str | None = None
    instance_count: int | None = None
    memory_mb: int | None = None
    model_uri: str | None = None
    evaluation_uri: str | None = None
    # Where the report lies; None where there is none.
    report_uri: str | None = None
    # Addresses that whoever has them may open until `links_end`.
    model_link: str | None = None
    report_link: str | None = None
    links_end: datetime | None = None
    warnings: Sequence[str] = ()
    # How the model compares with the dataset's champion, one sentence, and that run.
    verdict: str | None = None
    champion: str | None = None
    # Of a run that tunes: what its trials came to, if they were looked at, and where their models lie.
    tunes: bool = False
    tuning: Tuned | None = None
    trials_uri: str | None = None
    notes: Sequence[str] = ()
    # What became of the attempts before this one.
    earlier_failures: Sequence[str] = ()
    # Of a repeated drop: the run that has the answer.
    answered_by: str | None = None
    log_lines: Sequence[str] = ()
    dead_letter_queue: str | None = None
    function: str | None = None


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


# Their reasons are the service's or a script's words; the others are ours, and say how to mend it themselves.
_NEED_EXPLAINING = {Kind.FAILED, Kind.STOPPED, Kind.LAUNCH_FAILED, Kind.EVALUATION_FAILED}


def outcome_of(run: Run, log_lines: list[str], dead_letter_queue: str, places: Places = NOWHERE) -> Outcome:
    """All that the message needs; `log_lines` are the training job's last ones, `places` what of the run is there."""
    kind = kind_of(run)
    duration = (run.ended_at - run.uploaded_at).total_seconds() if run.ended_at and run.uploaded_at else None
    # A job that failed or was stopped has an end too, but the script saves its model last of all.
    return Outcome(
        kind=kind,
        run=run.run,
        dataset=run.dataset,
        file=run.file,
        bucket=run.bucket,
        key=run.key,
        reason=run.reason,
        known=known_failure(run.reason or "", log_lines) if kind in _NEED_EXPLAINING else None,
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
        warnings=run.warnings,
        verdict=run.verdict,
        champion=run.champion if run.champion != run.run else None,
        tunes=run.tunes,
        tuning=run.tuning,
        trials_uri=run.uri(run.trials_prefix) if run.tunes and run.was_launched else None,
        notes=run.notes,
        earlier_failures=run.earlier_failures,
        answered_by=run.answered_by,
        log_lines=tuple(log_lines),
        dead_letter_queue=dead_letter_queue,
        function=run.failed_function,
        **_where(run, places),
    )


def _where(run: Run, places: Places) -> dict[str, Any]:
    """The fields of an outcome that say where things lie."""
    return {
        "model_uri": run.model_uri,
        "evaluation_uri": run.evaluation_uri,
        "report_uri": run.uri(run.report_key) if run.report_key in places.found else None,
        "model_link": places.links.get(run.model_key) if run.model_uri else None,
        "report_link": places.links.get(run.report_key),
        "links_end": places.links_end,
    }


def internal_error(failure: InvocationFailed, dead_letter_queue: str) -> Outcome:
    """For an event that belongs to no run."""
    return Outcome(
        kind=Kind.INTERNAL_ERROR,
        function=failure.function,
        reason=failure.error,
        dead_letter_queue=dead_letter_queue,
    )
