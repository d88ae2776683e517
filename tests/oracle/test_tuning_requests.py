"""Our tuning requests held against what the SageMaker SDK's HyperparameterTuner sends for the same settings."""

from typing import Any

import pytest
from botocore.validate import validate_parameters
from tests.oracle.cases import Case
from tests.oracle.differences import Difference, flat, unintended
from tests.oracle.recordings import SDKS, asked_anew, questions, recorded
from tests.oracle.sdk_environment import absent
from tests.oracle.tuning_differences import TUNING_BY_SDK, with_one_resource_config

from traindrop.tuning_request import tuning_job_request
from traindrop_cli.local.sagemaker.validation import input_shape, validate

RECORDED = {sdk: recorded(sdk, "tuning") for sdk in SDKS}
CASES = [
    pytest.param(sdk, case, id=f"{name}, SDK v{sdk}") for sdk in SDKS for name, case in questions(sdk, "tuning").items()
]
every_case = pytest.mark.parametrize(("sdk", "case"), CASES)


def intended(sdk: int, case: Case) -> list[Difference]:
    return [difference for difference in TUNING_BY_SDK[sdk] if difference.when(case)]


def both(sdk: int, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    sent = with_one_resource_config(RECORDED[sdk][case.name]["sent"])
    return flat(sent), flat(tuning_job_request(case.job, case.config))


@every_case
def test_our_request_is_the_sdks_but_for_the_differences_that_are_listed(sdk: int, case: Case) -> None:
    assert unintended(*both(sdk, case), intended(sdk, case)) == []


@every_case
def test_botocore_and_the_service_take_our_request(sdk: int, case: Case) -> None:  # noqa: ARG001 - the same cases
    request = tuning_job_request(case.job, case.config)
    validate_parameters(request, input_shape("CreateHyperParameterTuningJob"))
    validate("CreateHyperParameterTuningJob", request)


@every_case
def test_the_recording_is_of_the_case_as_it_is(sdk: int, case: Case) -> None:
    asked = RECORDED[sdk].get(case.name, {}).get("asked")
    assert asked == case.question(), "record it anew: make images"


@pytest.mark.parametrize("sdk", SDKS)
def test_no_recording_and_no_listed_difference_is_left_over(sdk: int) -> None:
    known = questions(sdk, "tuning")
    assert set(RECORDED[sdk]) == set(known)
    assert [each for each in TUNING_BY_SDK[sdk] if not any(each.when(case) for case in known.values())] == []


@every_case
def test_a_field_that_is_missing_or_another_or_too_much_is_found(sdk: int, case: Case) -> None:
    sent, ours = both(sdk, case)
    same = [name for name, value in ours.items() if sent.get(name) == value]
    assert len(same) > 20
    for name in same:
        without = {key: value for key, value in ours.items() if key != name}
        assert unintended(sent, without, intended(sdk, case)), name
        assert unintended(sent, {**ours, name: "another"}, intended(sdk, case)), name
    too_much = {**ours, "TrainingJobDefinition.EnableNetworkIsolation": False}
    assert unintended(sent, too_much, intended(sdk, case))


@every_case
def test_a_listed_difference_that_is_no_more_is_found(sdk: int, case: Case) -> None:
    sent, _ = both(sdk, case)
    assert len(unintended(sent, sent, intended(sdk, case))) == len(intended(sdk, case))


@pytest.mark.parametrize("sdk", [pytest.param(sdk, marks=pytest.mark.xdist_group(f"SDK v{sdk}")) for sdk in SDKS])
def test_the_sdk_still_sends_what_is_recorded(sdk: int) -> None:
    if reason := absent(sdk):
        pytest.skip(reason)
    assert asked_anew(sdk, "tuning") == RECORDED[sdk]
