"""A run as scripts read it (--json), and the exit status of who waited for it."""

from collections.abc import Sequence
from typing import Any

from traindrop.billed import cost_of_run
from traindrop.run import Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.exit_status import ExitStatus
from traindrop_cli.standing import place_in_line

EXIT_CODES = {Status.EVALUATED: ExitStatus.DONE, Status.REJECTED: ExitStatus.REJECTED}


def exit_code(run: Run) -> int:
    """0 evaluated, 2 rejected, 1 for every other end."""
    return EXIT_CODES.get(run.status, ExitStatus.NOT_DONE)


def as_json(run: Run, line: Sequence[Place] = ()) -> dict[str, Any]:
    """The fields that scripts may rely on; `metrics` are of the test rows where there are any (`metrics_of`).

    `line`: who waits, for the place of a run that does.
    """
    cost = cost_of_run(run)
    seconds = (run.notified_at - run.uploaded_at).total_seconds() if run.notified_at and run.uploaded_at else None
    return {
        "run": run.run,
        "dataset": run.dataset,
        "status": run.status.value,
        "framework": run.framework,
        "main_metric": run.main_metric,
        "metrics": run.metrics or run.validation,
        "metrics_of": "test" if run.metrics else "validation" if run.validation else None,
        "seconds": seconds,
        "billable_seconds": run.billable_seconds,
        "cost": cost.model_dump(mode="json") if cost else None,
        "worst_case_usd": float(run.worst_case_usd) if run.worst_case_usd is not None else None,
        "model": run.model_uri,
        "evaluation": run.evaluation_uri,
        "report": run.report_uri,
        "reason": run.reason,
        "file": run.uri(run.key),
        "rows": run.rows,
        "test_rows": run.test_rows,
        "verdict": run.comparison.model_dump(mode="json") if run.comparison else None,
        "model_package": run.model_package,
        "created_at": run.created_at.isoformat(),
        "attempt": run.attempt,
        "earlier_failures": list(run.earlier_failures),
        "place_in_line": place_in_line(run, line),
        "waits_for": run.waits_for if run.status is Status.WAITING else None,
        "answered_by": run.answered_by,
        "stop_requested_by": run.stop_requested_by,
        "tuning": _tuning(run),
    }


def _tuning(run: Run) -> dict[str, Any] | None:
    """None of a run that does not tune."""
    if not run.tunes:
        return None
    return {
        "objective": run.objective,
        "direction": run.direction,
        "max_trials": run.max_trials,
        "max_parallel": run.max_parallel,
        "best_trial": run.best_trial,
        "trials_with_value": run.trials_with_value,
        "gain": run.tuning.gain.model_dump(mode="json") if run.tuning and run.tuning.gain else None,
    }


def jobs_of(run: Run) -> list[str]:
    """The names of the training jobs of all attempts, the first one first."""
    return [run.model_copy(update={"attempt": number}).job for number in range(1, run.attempt + 1)]
