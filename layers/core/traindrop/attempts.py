"""Which failures of a training job are worth another attempt, and when."""

from dataclasses import dataclass
from datetime import timedelta

from traindrop.events import TrainingJob
from traindrop.lambda_limits import LIMIT_EXCEEDED
from traindrop.run import MAX_ATTEMPTS

# FailureReason begins with the kind of the error: "CapacityError: …", "InternalServerError: …" are the service's,
# "AlgorithmError: …", "ClientError: …" are the script's or the data's and come again each time.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html (FailureReason)
# The last one is of our own trainer: the job goes on to SageMaker.
_PAUSES = {"CapacityError": timedelta(minutes=5), "InternalServerError": timedelta(0), LIMIT_EXCEEDED: timedelta(0)}


@dataclass(frozen=True)
class AnotherAttempt:
    """`after`: how long to wait before it; `waits_for`: what for."""

    after: timedelta
    waits_for: str


def another_attempt(job: TrainingJob, attempt: int) -> AnotherAttempt | None:
    """Whether a failed job is tried again under a new name; `attempt` is the number of the one that failed, from 1."""
    if job.training_job_status != "Failed" or attempt >= MAX_ATTEMPTS:
        return None
    reason = job.failure_reason or ""
    kind = reason.partition(":")[0].strip()
    if kind in _PAUSES:
        # Capacity comes back slowly: five minutes, then ten.
        return AnotherAttempt(_PAUSES[kind] * attempt, f"attempt {attempt + 1} of {MAX_ATTEMPTS} after {reason}")
    if job.was_interrupted and not job.has_checkpoints:
        return AnotherAttempt(timedelta(0), f"attempt {attempt + 1} of {MAX_ATTEMPTS} after a spot interruption")
    return None
