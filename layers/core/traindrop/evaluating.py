"""From a completed training job to its evaluation, recorded, stored and told."""

import tempfile
import time
from pathlib import Path

from traindrop import aws
from traindrop.clock import now
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Evaluation, evaluate_archives
from traindrop.events import RunEnded, TrainingJob
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop.settings import EvaluatorSettings


def evaluate(name: str, settings: EvaluatorSettings) -> Status | None:
    """Evaluate the run of a completed training job; its status then, None where the job is not ours.

    Safe to call any number of times. An exception means: deliver the event again.
    """
    ledger = Ledger(settings.table)
    run = ledger.get(name)
    if run is None:
        return None
    job = aws.describe_training_job(name)
    if job.training_job_status != "Completed":
        return run.status
    ledger.advance(name, Status.COMPLETED, **ended(job))
    run = ledger.get(name) or run
    if run.status is not Status.COMPLETED:
        _tell_if_untold(run, settings)
        return run.status
    try:
        evaluation = _score(run)
    except EvaluationFailed as error:
        if ledger.advance(name, Status.EVALUATION_FAILED, reason=str(error), ended_at=now()):
            _tell_if_untold(ledger.get(name) or run, settings)
        return Status.EVALUATION_FAILED
    aws.put(run.bucket, run.evaluation_key, evaluation.model_dump_json(indent=2).encode(), "application/json")
    if ledger.advance(name, Status.EVALUATED, evaluated_at=now(), ended_at=now(), **_summary(evaluation)):
        _tell_if_untold(ledger.get(name) or run, settings)
    return Status.EVALUATED


def ended(job: TrainingJob) -> dict[str, object]:
    """What the ledger keeps of a job that ended."""
    return {
        "training_started_at": job.training_start_time,
        "training_ended_at": job.training_end_time,
        "billable_seconds": job.billable_time_in_seconds,
    }
