"""Where data lies it is private, encrypted, versioned and kept; by the template as CloudFormation gets it."""

import json
from typing import Any

import pytest
from tests.contract.template import FUNCTIONS, TEMPLATE, resources

KEPT = {"Retain"}
KEY_OR = ["HasKey", {"Ref": "KmsKeyArn"}]


def resource(name: str) -> dict[str, Any]:
    found: dict[str, Any] = TEMPLATE["Resources"][name]
    return found


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = resource(name)["Properties"]
    return found


@pytest.mark.parametrize("name", ["DropBucket", "Runs"])
def test_data_outlives_the_stack_and_a_replacement(name: str) -> None:
    assert resource(name)["DeletionPolicy"] == resource(name)["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_private_and_versioned() -> None:
    bucket = properties("DropBucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_nobody_reaches_the_bucket_without_tls() -> None:
    (statement,) = properties("DropBucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_bucket_is_encrypted_with_the_persons_key_or_with_s3s() -> None:
    (rule,) = properties("DropBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    condition, own, other = rule["ServerSideEncryptionByDefault"]["Fn::If"]
    assert condition == "HasKey"
    assert own == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}}
    assert other == {"SSEAlgorithm": "AES256"}


def test_the_table_is_encrypted_and_can_be_had_back_as_it_was() -> None:
    table = properties("Runs")
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["SSESpecification"]["KMSMasterKeyId"]["Fn::If"][:2] == KEY_OR
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("topic", ["Messages", "Failures"])
def test_topics_of_runs_are_encrypted_with_a_key_always(topic: str) -> None:
    assert properties(topic)["KmsMasterKeyId"] == {"Fn::If": [*KEY_OR, "alias/aws/sns"]}


def test_alarms_have_a_topic_of_their_own_which_cloudwatch_can_publish_to() -> None:
    # CloudWatch has no right to alias/aws/sns; with a key of one's own its policy gives it one.
    assert properties("Alarms")["KmsMasterKeyId"]["Fn::If"][:2] == KEY_OR
    for alarm in resources("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]


def test_the_queue_is_encrypted_with_the_persons_key_or_with_sqss() -> None:
    queue = properties("DeadLetters")
    assert queue["KmsMasterKeyId"]["Fn::If"][:2] == KEY_OR
    assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", {"Ref": "AWS::NoValue"}, True]}


def test_what_is_left_over_is_deleted_and_runs_only_where_somebody_asked() -> None:
    rules = properties("DropBucket")["LifecycleConfiguration"]["Rules"]
    named = {rule["Id"]: rule for rule in rules if "Id" in rule}
    assert named.keys() == {"incomplete-uploads", "earlier-versions", "inputs", "checkpoints"}
    assert "Prefix" not in named["earlier-versions"]
    (conditional,) = [rule["Fn::If"] for rule in rules if "Fn::If" in rule]
    condition, runs, nothing = conditional
    assert (condition, runs["Prefix"], nothing) == ("ForgetsRuns", "runs/", {"Ref": "AWS::NoValue"})
    assert TEMPLATE["Parameters"]["KeepRunsForDays"]["Default"] == "0"


def test_every_function_writes_to_a_log_of_the_stacks_own_that_ends() -> None:
    groups = resources("AWS::Logs::LogGroup")
    for name, function in FUNCTIONS.items():
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["LogGroupName"] == {"Fn::Sub": f"/traindrop/${{AWS::StackName}}/{name}"}
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert group["KmsKeyId"]["Fn::If"][:2] == KEY_OR
    assert len(groups) == len(FUNCTIONS)


def test_nothing_may_be_done_with_the_key_outside_of_the_services_that_hold_the_data() -> None:
    (statement,) = properties("UseKey")["PolicyDocument"]["Statement"]
    services = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert [each["Fn::Sub"].partition(".")[0] for each in services] == ["dynamodb", "s3", "sns", "sqs"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}
    assert "*" not in json.dumps(properties("UseKey")["PolicyDocument"])


@pytest.mark.parametrize(
    ("policy", "condition"), [("UseKey", "HasKey"), ("TrainWithKey", "HasKey"), ("TrainInVpc", "HasSubnets")]
)
def test_permissions_for_what_is_optional_are_there_only_with_it(policy: str, condition: str) -> None:
    assert resource(policy)["Condition"] == condition
