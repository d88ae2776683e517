"""What SageMaker's refusals mean, by the texts of the real service."""

import pytest

from traindrop.quota import Refusal, refusal

# ResourceLimitExceeded, as the service says it (aws-solutions/deepracer-on-aws issue 88).
LIMIT = (
    "The account-level service limit '{quota}' is {limit} Instances, with current utilization of {used} Instances "
    "and a request delta of {delta} Instances. Please contact AWS support to request an increase for this limit."
)
QUOTA = "ml.p3.2xlarge for training job usage"


def limited(limit: int, used: int, delta: int) -> Refusal:
    found = refusal("ResourceLimitExceeded", LIMIT.format(quota=QUOTA, limit=limit, used=used, delta=delta))
    assert found is not None
    return found


def test_a_quota_of_zero_is_no_reason_to_wait_and_is_said_with_the_place_to_raise_it() -> None:
    found = limited(0, 0, 1)
    assert found.means == "never"
    assert f"'{QUOTA}' is 0" in found.reason
    assert "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas" in found.reason
    assert "traindrop rerun" in found.reason


@pytest.mark.parametrize(("limit", "used", "delta"), [(1, 1, 1), (4, 3, 2), (2, 2, 2), (20, 20, 1)])
def test_a_quota_that_is_used_up_is_a_line_for_its_instance_type(limit: int, used: int, delta: int) -> None:
    found = limited(limit, used, delta)
    assert found.means == "full"
    assert f"'{QUOTA}' is {limit}, and {used} are in use" in found.reason


@pytest.mark.parametrize(("limit", "used", "delta"), [(1, 0, 2), (1, 1, 2), (3, 3, 4), (0, 0, 3)])
def test_a_quota_that_is_smaller_than_the_request_is_never_enough(limit: int, used: int, delta: int) -> None:
    found = limited(limit, used, delta)
    assert found.means == "never"
    assert f"the job needs {delta}" in found.reason


@pytest.mark.parametrize(
    "text",
    ["", "You have reached the limit of training jobs.", "The account-level service limit 'x' is unknown.",
     LIMIT.format(quota=QUOTA, limit="", used=0, delta=1)],
)  # fmt: skip
def test_a_limit_whose_text_is_not_known_is_waited_for_and_shown_as_it_is(text: str) -> None:
    assert refusal("ResourceLimitExceeded", text) == Refusal("full", f"a service quota: {text}")


def test_a_lack_of_capacity_holds_up_its_instance_type_alone() -> None:
    found = refusal("CapacityError", "Unable to provision requested ML compute capacity.")
    assert found == Refusal("full", "capacity: Unable to provision requested ML compute capacity.")


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "Throttling", "ServiceUnavailable", "TooManyRequestsException"]
)
def test_throttling_holds_up_everything_and_says_so(code: str) -> None:
    found = refusal(code, "Rate exceeded")
    assert found is not None
    assert found.means == "busy"
    assert f"{code}: Rate exceeded" in found.reason


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "1 validation error detected: Value 'ml.x' at 'resourceConfig.instanceType' failed …"),
        ("AccessDeniedException", "User: … is not authorized to perform: sagemaker:CreateTrainingJob"),
        ("ResourceNotFound", "RecordNotFound"),
    ],
)
def test_what_the_service_will_never_take_ends_the_run_with_its_words(code: str, message: str) -> None:
    assert refusal(code, message) == Refusal("never", f"{code}: {message}")


@pytest.mark.parametrize(
    "code", ["", "InternalFailure", "InternalServerError", "RequestTimeout", "ResourceInUse", "New"]
)
def test_after_any_other_error_the_job_may_be_there_all_the_same(code: str) -> None:
    assert refusal(code, "An internal failure has occurred") is None
