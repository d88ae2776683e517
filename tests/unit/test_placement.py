"""Where a training takes place under `instance_type: auto`."""

import pytest

from traindrop.errors import Rejected
from traindrop.estimate import Estimate
from traindrop.machines import GIB, LADDER, lambda_of
from traindrop.placement import LATEST_IN_LAMBDA, by_size, in_lambda, on_instances

SMALL, LARGE = lambda_of(1769), lambda_of(3008)
DISK = 4 * GIB


def an_estimate(seconds: float = 2.0, memory: float = 200e6, *, serial: float = 0.0) -> Estimate:
    return Estimate(serial=serial, shared=seconds - serial, memory=memory)


def placed_in_lambda(estimate: Estimate, disk: int = 1000) -> int | None:
    found = in_lambda(estimate, disk, [SMALL, LARGE], free_disk=DISK, else_on="ml.m5.large")
    return None if found is None else found.memory_mb


def test_what_is_done_in_seconds_goes_to_the_smallest_function() -> None:
    assert placed_in_lambda(an_estimate()) == 1769


def test_what_takes_the_small_function_more_than_a_minute_goes_to_the_large_one() -> None:
    assert placed_in_lambda(an_estimate(90)) == 3008


def test_what_the_small_function_cannot_hold_goes_to_the_large_one() -> None:
    assert placed_in_lambda(an_estimate(memory=1.5e9)) == 3008


@pytest.mark.parametrize(
    ("estimate", "disk"),
    [(an_estimate(memory=2.5e9), 1000), (an_estimate(3 * LATEST_IN_LAMBDA), 1000), (an_estimate(), DISK + 1)],
    ids=["memory", "time", "disk"],
)
def test_what_would_not_fit_is_not_sent_to_a_function(estimate: Estimate, disk: int) -> None:
    assert placed_in_lambda(estimate, disk) is None


def test_the_smallest_instance_that_holds_it_is_taken_with_its_reason() -> None:
    found = on_instances(an_estimate(memory=3e9), may_share=True)
    assert (found.instance_type, found.instance_count) == ("ml.m5.large", 1)
    assert "3.0 GB" in found.why
    assert on_instances(an_estimate(memory=10e9), may_share=True).instance_type == "ml.m5.xlarge"


def test_a_bigger_instance_comes_before_several() -> None:
    found = on_instances(an_estimate(20_000), may_share=True)
    assert found.instance_count == 1
    assert found.instance_type == "ml.m5.4xlarge"
    assert "on ml.m5.large it would take 3.1 h" in found.why


def test_several_are_taken_only_where_the_biggest_one_takes_hours() -> None:
    found = on_instances(an_estimate(60_000, serial=0.0), may_share=True)
    assert (found.instance_type, found.instance_count) == ("ml.m5.24xlarge", 4)
    assert "on one instance it would take" in found.why
    assert on_instances(an_estimate(60_000), may_share=False).instance_count == 1


def test_what_no_instance_holds_is_rejected_with_what_to_do() -> None:
    with pytest.raises(Rejected, match=r"about 500\.0 GB .* ml\.m5\.24xlarge, has 412\.3 GB\. Name an instance type"):
        on_instances(an_estimate(memory=500e9), may_share=True)


def test_a_script_that_was_not_measured_gets_eight_times_the_files_size() -> None:
    assert by_size(50_000, "sklearn").instance_type == "ml.m5.large"
    assert by_size(GIB, "pytorch").instance_type == "ml.m5.xlarge"
    assert by_size(10**12, "custom").instance_type == LADDER[-1].name
    assert "framework pytorch is not estimated" in by_size(GIB, "pytorch").why
