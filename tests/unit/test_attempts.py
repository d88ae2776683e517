"""Which failures of a training job are worth another attempt."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.attempts import another_attempt
from traindrop.events import TrainingJob
from traindrop.run import MAX_ATTEMPTS

NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance."
)
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
INTERRUPTED = [{"Status": "Training"}, {"Status": "Interrupted"}, {"Status": "Failed"}]


def job(reason: str | None = None, status: str = "Failed", **more: Any) -> TrainingJob:
    return TrainingJob.model_validate(
        {"TrainingJobName": "a-job", "TrainingJobStatus": status, "FailureReason": reason, **more}
    )


def test_capacity_is_waited_for_ever_longer_and_what_for_is_said() -> None:
    first, second = (another_attempt(job(NO_CAPACITY), attempt) for attempt in (1, 2))
    assert first is not None
    assert second is not None
    assert (first.after, second.after) == (timedelta(minutes=5), timedelta(minutes=10))
    assert first.waits_for == f"attempt 2 of 3 after {NO_CAPACITY}"


def test_a_run_that_met_a_limit_of_lambda_goes_on_at_once_and_what_it_met_is_said() -> None:
    reason = "LambdaLimitExceeded: it ran out of memory (the function has 1,769 MB)"
    again = another_attempt(job(reason), 1)
    assert again is not None
    assert (again.after, again.waits_for) == (timedelta(0), f"attempt 2 of 3 after {reason}")


def test_an_internal_error_of_the_service_is_tried_again_at_once() -> None:
    again = another_attempt(job(INTERNAL), 1)
    assert again is not None
    assert again.after == timedelta(0)


def test_a_spot_interruption_without_a_checkpoint_begins_anew_and_with_one_sagemaker_itself_goes_on() -> None:
    again = another_attempt(job("ClientError: interrupted", SecondaryStatusTransitions=INTERRUPTED), 2)
    assert again is not None
    assert again.waits_for == "attempt 3 of 3 after a spot interruption"
    kept = {"S3Uri": "s3://bucket/checkpoints"}
    with_checkpoint = job("ClientError", SecondaryStatusTransitions=INTERRUPTED, CheckpointConfig=kept)
    assert another_attempt(with_checkpoint, 1) is None


@pytest.mark.parametrize(
    "reason",
    [
        None,
        "",
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""',
        "ClientError: Data download failed: NoSuchKey (404)",
        # The script's own words are no word of the service.
        "AlgorithmError: CapacityError: my own",
        "AlgorithmError: InternalServerError: raised by train.py",
        "The script said: CapacityError",
    ],
)
def test_what_would_fail_again_is_not_tried_again(reason: str | None) -> None:
    assert another_attempt(job(reason), 1) is None


@pytest.mark.parametrize("reason", [NO_CAPACITY, INTERNAL])
@pytest.mark.parametrize("status", ["InProgress", "Completed", "Stopping", "Stopped", "Deleting"])
def test_only_a_job_that_failed_is_tried_again(reason: str, status: str) -> None:
    assert another_attempt(job(reason, status, SecondaryStatusTransitions=INTERRUPTED), 1) is None


@given(reason=st.sampled_from([NO_CAPACITY, INTERNAL]), attempt=st.integers(MAX_ATTEMPTS, 99))
def test_after_the_last_attempt_there_is_none(reason: str, attempt: int) -> None:
    assert another_attempt(job(reason, SecondaryStatusTransitions=INTERRUPTED), attempt) is None
