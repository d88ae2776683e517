"""Our requests held against what the SageMaker SDK sends for the same settings, field by field: those of training jobs
against its trainers, those of tuning jobs against its HyperparameterTuner."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.validate import validate_parameters
from tests.oracle.cases import Case
from tests.oracle.differences import BY_SDK, Difference, flat, unintended
from tests.oracle.recordings import SDKS, Kind, asked_anew, questions, recorded
from tests.oracle.sdk_environment import absent
from tests.oracle.tuning_differences import TUNING_BY_SDK, with_one_resource_config

from traindrop.request import training_job_request
from traindrop.tuning_request import tuning_job_request
from traindrop_cli.local.sagemaker.validation import input_shape, validate


@dataclass(frozen=True)
class Side:
    """Ours of one kind, held against theirs: more than `least` fields are equal, and neither has `too_much`."""

    ours: Callable[..., dict[str, Any]]
    differences: Mapping[int, tuple[Difference, ...]]
    least: int
    too_much: str
    as_ours: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict


SIDES: dict[Kind, Side] = {
    "training": Side(training_job_request, BY_SDK, 10, "EnableNetworkIsolation"),
    "tuning": Side(
        tuning_job_request, TUNING_BY_SDK, 20, "TrainingJobDefinition.EnableNetworkIsolation", with_one_resource_config
    ),
}
RECORDED = {(kind, sdk): recorded(sdk, kind) for kind in SIDES for sdk in SDKS}
CASES = [
    pytest.param(kind, sdk, case, id=f"{kind}, {name}, SDK v{sdk}")
    for kind, sdk in RECORDED
    for name, case in questions(sdk, kind).items()
]
every_case = pytest.mark.parametrize(("kind", "sdk", "case"), CASES)
every_recording = pytest.mark.parametrize(("kind", "sdk"), RECORDED)


def intended(kind: Kind, sdk: int, case: Case) -> list[Difference]:
    return [difference for difference in SIDES[kind].differences[sdk] if difference.when(case)]


def both(kind: Kind, sdk: int, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    side = SIDES[kind]
    return flat(side.as_ours(RECORDED[kind, sdk][case.name]["sent"])), flat(side.ours(case.job, case.config))


@every_case
def test_our_request_is_the_sdks_but_for_the_differences_that_are_listed(kind: Kind, sdk: int, case: Case) -> None:
    assert unintended(*both(kind, sdk, case), intended(kind, sdk, case)) == []


@pytest.mark.parametrize("case", questions(2, "tuning").values(), ids=questions(2, "tuning"))
def test_botocore_and_the_service_take_our_tuning_request(case: Case) -> None:
    request = tuning_job_request(case.job, case.config)
    validate_parameters(request, input_shape("CreateHyperParameterTuningJob"))
    validate("CreateHyperParameterTuningJob", request)


@every_case
def test_the_recording_is_of_the_case_as_it_is(kind: Kind, sdk: int, case: Case) -> None:
    asked = RECORDED[kind, sdk].get(case.name, {}).get("asked")
    assert asked == case.question(), "record it anew: make images"


@every_recording
def test_no_recording_and_no_listed_difference_is_left_over(kind: Kind, sdk: int) -> None:
    known = questions(sdk, kind)
    assert set(RECORDED[kind, sdk]) == set(known)
    differences = SIDES[kind].differences[sdk]
    assert [each for each in differences if not any(each.when(case) for case in known.values())] == []


@every_case
def test_a_field_that_is_missing_or_another_or_too_much_is_found(kind: Kind, sdk: int, case: Case) -> None:
    sent, ours = both(kind, sdk, case)
    listed = intended(kind, sdk, case)
    same = [name for name, value in ours.items() if sent.get(name) == value]
    assert len(same) > SIDES[kind].least
    for name in same:
        without = {key: value for key, value in ours.items() if key != name}
        assert unintended(sent, without, listed), name
        assert unintended(sent, {**ours, name: "another"}, listed), name
    assert unintended(sent, {**ours, SIDES[kind].too_much: False}, listed)


@every_case
def test_a_listed_difference_that_is_no_more_is_found(kind: Kind, sdk: int, case: Case) -> None:
    sent, _ = both(kind, sdk, case)
    assert len(unintended(sent, sent, intended(kind, sdk, case))) == len(intended(kind, sdk, case))


@pytest.mark.parametrize(
    ("kind", "sdk"),
    [pytest.param(kind, sdk, marks=pytest.mark.xdist_group(f"SDK v{sdk}")) for kind, sdk in RECORDED],
)
def test_the_sdk_still_sends_what_is_recorded(kind: Kind, sdk: int) -> None:
    if reason := absent(sdk):
        pytest.skip(reason)
    assert asked_anew(sdk, kind) == RECORDED[kind, sdk]
