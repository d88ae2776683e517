"""What a new template would replace, and so empty, on a stack of the old release; by CloudFormation's own schemas."""

from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from tests.contract.template import TEMPLATE
from tests.deployment.release import unpack

from traindrop_cli.local.template import read_template

# What holds people's data, or is known by its name outside of the stack: subscribers, jobs that train meanwhile.
STATEFUL = {"DropBucket", "Runs", "DeadLetters", "Messages", "Failures", "TrainingRole"}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The resources of the old release."""
    template = read_template(unpack(tmp_path_factory.mktemp("old")) / "template.yaml")
    found: dict[str, Any] = template["Resources"]
    return found


def replacing(kind: str) -> set[str]:
    """The properties of a type that cannot be changed without another resource in its place.

    https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
    """
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    listed = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    return {path.split("/")[2] for path in listed}


def replaced(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Which properties of a resource would replace it."""
    return [
        name
        for name in sorted(replacing(before["Type"]))
        if before.get("Properties", {}).get(name) != after.get("Properties", {}).get(name)
    ]


@pytest.mark.parametrize("name", sorted(STATEFUL))
def test_a_resource_that_holds_state_is_updated_in_place(old: dict[str, Any], name: str) -> None:
    now = TEMPLATE["Resources"][name]
    assert now["Type"] == old[name]["Type"]
    assert replaced(old[name], now) == []


def test_every_resource_that_holds_data_is_looked_at_and_kept_when_it_is_replaced_all_the_same() -> None:
    kinds = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue")
    holding = {name: each for name, each in TEMPLATE["Resources"].items() if each["Type"] in kinds}
    assert holding.keys() == STATEFUL - {"Failures", "Messages", "TrainingRole"}
    assert {name: each.get("UpdateReplacePolicy") for name, each in holding.items()} == dict.fromkeys(holding, "Retain")
    kept = {name for name, each in holding.items() if each.get("DeletionPolicy") == "Retain"}
    assert kept == {"DropBucket", "Runs"}


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        ("Runs", {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}, ["KeySchema"]),
        ("Runs", {"TableName": "runs"}, ["TableName"]),
        ("DropBucket", {"BucketName": "drops"}, ["BucketName"]),
        ("DeadLetters", {"QueueName": "letters"}, ["QueueName"]),
        ("TrainingRole", {"Path": "/traindrop/"}, ["Path"]),
        ("DeadLetters", {"MessageRetentionPeriod": 60}, []),
    ],
)
def test_a_change_that_would_replace_one_is_found(
    old: dict[str, Any], name: str, change: dict[str, Any], found: list[str]
) -> None:
    after = {**old[name], "Properties": {**old[name].get("Properties", {}), **change}}
    assert replaced(old[name], after) == found
