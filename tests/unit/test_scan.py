"""What the scan makes of a scanner's findings, and the templates that it hands over."""

from typing import Any

import pytest
from tests.scan.cloudformation import Accepted, complaints
from tests.scan.translated import decided, outcome

FINDING = ("CKV_1", "AWS::S3::Bucket.Drops")
ACCEPTED = Accepted(check="CKV_1", resource="AWS::S3::Bucket.*", reason="because")
BY_DEFAULT = ACCEPTED.model_copy(update={"where": "default"})
UNACCEPTED = "CKV_1 fails for AWS::S3::Bucket.Drops (options template)"
NEEDLESS = "accepted.yaml: CKV_1 is not found for AWS::S3::Bucket.*"
NOTHING = {"Ref": "AWS::NoValue"}
TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Bucket": {"Type": "String", "Default": ""},
        "Level": {"Type": "String", "Default": "high"},
        "Subnets": {"Type": "CommaDelimitedList", "Default": "a,b"},
    },
    "Conditions": {
        "Own": {"Fn::Equals": [{"Ref": "Bucket"}, ""]},
        "Other": {"Fn::Not": [{"Condition": "Own"}]},
        "Either": {"Fn::Or": [{"Condition": "Other"}, {"Fn::Equals": [{"Ref": "Level"}, "high"]}]},
        "Joined": {"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Subnets"}]}, "ab"]},
        "Both": {"Fn::And": [{"Condition": "Own"}, {"Condition": "Other"}]},
    },
    "Resources": {
        "Drops": {"Type": "T", "Condition": "Own", "Properties": {"Key": {"Fn::If": ["Other", "k", NOTHING]}}},
        "Policy": {"Type": "T", "Condition": "Other"},
        "Table": {"Type": "T", "Properties": {"Tags": [{"Fn::If": ["Other", "t", NOTHING]}]}},
    },
}


@pytest.mark.parametrize(
    ("found", "accept", "said"),
    [
        ({"options": {FINDING}, "default": {FINDING}}, [ACCEPTED], []),
        ({"options": set(), "default": {FINDING}}, [BY_DEFAULT], []),
        ({"options": {FINDING}, "default": set()}, [], [UNACCEPTED]),
        ({"options": {FINDING}, "default": {FINDING}}, [BY_DEFAULT], [UNACCEPTED]),
        ({"options": set(), "default": {FINDING}}, [ACCEPTED], [NEEDLESS]),
        ({"options": set(), "default": set()}, [BY_DEFAULT], [NEEDLESS]),
    ],
)
def test_what_nobody_accepted_and_what_is_accepted_without_need_is_to_be_mended(
    found: dict[str, set[tuple[str, str]]], accept: list[Accepted], said: list[str]
) -> None:
    complained = complaints(found, accept)
    assert len(complained) == len(said)
    assert all(map(str.startswith, complained, said))


@pytest.mark.parametrize(
    ("name", "holds"), [("Own", True), ("Other", False), ("Either", True), ("Both", False), ("Joined", True)]
)
def test_a_condition_comes_to_what_the_defaults_make_of_it(name: str, holds: bool) -> None:
    assert outcome(TEMPLATE["Conditions"][name], TEMPLATE) is holds


def test_a_decided_template_has_what_would_be_there_and_no_condition() -> None:
    made = decided(TEMPLATE, {"Own": True, "Other": False})
    assert made["Resources"].keys() == {"Drops", "Table"}
    assert made["Resources"]["Drops"]["Properties"] == {}
    assert made["Resources"]["Table"]["Properties"] == {"Tags": []}
    assert decided(TEMPLATE, {"Own": True, "Other": True})["Resources"]["Drops"]["Properties"] == {"Key": "k"}
