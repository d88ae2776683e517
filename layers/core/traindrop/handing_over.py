"""Training jobs in Lambda handed over to the function that carries them out, and given up where none ever does."""

from datetime import timedelta

from traindrop import aws
from traindrop.clock import now
from traindrop.lambda_jobs import End, LambdaJob, LambdaJobs
from traindrop.lambda_limits import FUNCTIONS, death_of
from traindrop.settings import TunerSettings

# Longer than Lambda keeps an event in its queue (MaximumEventAgeInSeconds in template.yaml): no function will come.
GIVEN_UP_AFTER = timedelta(hours=1)
# Lambda's own clock and ours may differ by so much.
_SLACK_SECONDS = 60.0


def hand_over(job: LambdaJob, memory_mb: int | None, settings: TunerSettings) -> None:
    """Hand the request to the trainer. Twice does no harm: who comes second finds the job claimed."""
    small, _ = FUNCTIONS
    function = settings.trainer if (memory_mb or small) <= small else settings.large_trainer
    aws.invoke(function, job.state.request)


def is_given_up(job: LambdaJob) -> bool:
    """Whether no function will bring the job to its end any more; of one that has ended it says nothing."""
    time = now().timestamp()
    if job.claimed_until is None:
        return time > job.state.created + GIVEN_UP_AFTER.total_seconds()
    return time > job.claimed_until + _SLACK_SECONDS


def give_up(name: str, jobs: LambdaJobs) -> LambdaJob | None:
    """End a job whose function was never heard of again; None where it has ended meanwhile."""
    return jobs.end(name, End("Failed", death_of("it was not heard of again")))
