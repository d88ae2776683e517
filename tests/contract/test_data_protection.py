"""Where data lies it is private, encrypted, versioned and kept; by the stacks that the template makes."""

import json
import re
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.contract.made import KEY, OPTIONS, assertion_holds, made
from tests.contract.template import FUNCTIONS, TEMPLATE

PLAIN, ALL = made({}), made(OPTIONS)
BOTH = pytest.mark.parametrize("stack", [PLAIN, ALL], ids=["plain", "all options"])
PERSONS_KEY = {"Ref": "KmsKeyArn"}
Stack = dict[str, Any]


def properties(stack: Stack, name: str) -> dict[str, Any]:
    found: dict[str, Any] = stack["Resources"][name]["Properties"]
    return found


def of_type(stack: Stack, kind: str) -> dict[str, dict[str, Any]]:
    found = stack["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == kind}


def lifecycle(stack: Stack) -> dict[str, dict[str, Any]]:
    """The bucket's rules by their ids."""
    return {rule["Id"]: rule for rule in properties(stack, "DropBucket")["LifecycleConfiguration"]["Rules"]}


@BOTH
def test_cfn_lint_finds_nothing_in_what_cloudformation_gets(stack: Stack) -> None:
    # W2001: a parameter whose condition is decided is used by nobody any more. I4010: .cfnlintrc.yaml.
    config = ManualArgs(regions=["us-east-1"], include_checks=["I"], ignore_checks=["W2001", "I4010"])
    assert [str(match) for match in lint(json.dumps(stack), config=config)] == []


@BOTH
@pytest.mark.parametrize("name", ["DropBucket", "Runs"])
def test_data_outlives_the_stack_and_a_replacement(stack: Stack, name: str) -> None:
    resource = stack["Resources"][name]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


@BOTH
def test_the_bucket_is_private_and_versioned(stack: Stack) -> None:
    bucket = properties(stack, "DropBucket")
    blocked = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(blocked, True)
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@BOTH
def test_nobody_reaches_the_bucket_without_tls(stack: Stack) -> None:
    (statement,) = properties(stack, "DropBucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    everything = {"Fn::Sub": "${DropBucket.Arn}/*"}
    assert statement["Resource"] == [{"Fn::GetAtt": ["DropBucket", "Arn"]}, everything]


@pytest.mark.parametrize(
    ("stack", "encryption"),
    [
        (PLAIN, {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}),
        (
            ALL,
            {
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": PERSONS_KEY},
                "BucketKeyEnabled": True,
            },
        ),
    ],
)
def test_the_bucket_is_encrypted_with_s3s_key_or_with_the_persons(stack: Stack, encryption: dict[str, Any]) -> None:
    (rule,) = properties(stack, "DropBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == encryption


@pytest.mark.parametrize(("stack", "key"), [(PLAIN, {}), (ALL, {"KMSMasterKeyId": PERSONS_KEY})])
def test_the_table_is_encrypted_and_can_be_had_back_as_it_was(stack: Stack, key: dict[str, Any]) -> None:
    table = properties(stack, "Runs")
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", **key}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize(("stack", "key"), [(PLAIN, "alias/aws/sns"), (ALL, PERSONS_KEY)])
@pytest.mark.parametrize("topic", ["Messages", "Failures"])
def test_topics_of_runs_are_encrypted_with_a_key_always(stack: Stack, key: Any, topic: str) -> None:
    assert properties(stack, topic)["KmsMasterKeyId"] == key


@pytest.mark.parametrize(("stack", "key"), [(PLAIN, None), (ALL, PERSONS_KEY)])
def test_alarms_have_a_topic_of_their_own_which_cloudwatch_can_publish_to(stack: Stack, key: Any) -> None:
    # CloudWatch has no right to alias/aws/sns; with a key of one's own its policy gives it one.
    assert properties(stack, "Alarms").get("KmsMasterKeyId") == key
    for alarm in of_type(stack, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]


@pytest.mark.parametrize(
    ("stack", "encryption"), [(PLAIN, {"SqsManagedSseEnabled": True}), (ALL, {"KmsMasterKeyId": PERSONS_KEY})]
)
def test_the_queue_is_encrypted_with_sqss_key_or_with_the_persons(stack: Stack, encryption: dict[str, Any]) -> None:
    queue = properties(stack, "DeadLetters")
    assert {name: value for name, value in queue.items() if "Kms" in name or "Sse" in name} == encryption


@pytest.mark.parametrize(("stack", "key"), [(PLAIN, None), (ALL, PERSONS_KEY)])
def test_the_functions_environments_are_encrypted_with_lambdas_key_or_with_the_persons(stack: Stack, key: Any) -> None:
    keys = {name: each.get("KmsKeyArn") for name, each in of_type(stack, "AWS::Lambda::Function").items()}
    assert keys == dict.fromkeys(FUNCTIONS, key)


@pytest.mark.parametrize(("stack", "key"), [(PLAIN, None), (ALL, PERSONS_KEY)])
def test_every_function_writes_to_a_log_of_the_stacks_own_that_ends(stack: Stack, key: Any) -> None:
    groups = of_type(stack, "AWS::Logs::LogGroup")
    for name, function in of_type(stack, "AWS::Lambda::Function").items():
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["LogGroupName"] == {"Fn::Sub": f"/traindrop/${{AWS::StackName}}/{name}"}
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert group.get("KmsKeyId") == key
    assert len(groups) == len(FUNCTIONS)
    assert {stack["Resources"][name]["DeletionPolicy"] for name in groups} == {"Delete"}


def test_what_is_left_over_is_deleted_and_runs_only_where_somebody_asked() -> None:
    kept = {"incomplete-uploads", "earlier-versions", "inputs", "checkpoints"}
    assert lifecycle(PLAIN).keys() == kept
    assert lifecycle(ALL).keys() == {*kept, "runs"}
    assert "Prefix" not in lifecycle(PLAIN)["earlier-versions"]
    assert lifecycle(ALL)["runs"]["Prefix"] == "runs/"
    assert lifecycle(ALL)["runs"]["ExpirationInDays"] == {"Ref": "KeepRunsForDays"}


@pytest.mark.parametrize(("days", "taken"), [("0", True), ("60", True), ("3650", True), ("1", False), ("59", False)])
def test_runs_are_kept_as_long_as_a_job_and_its_wait_may_take(days: str, taken: bool) -> None:
    assert (re.search(TEMPLATE["Parameters"]["KeepRunsForDays"]["AllowedPattern"], days) is not None) is taken


def test_a_bucket_that_exists_already_is_left_as_it_is() -> None:
    stack = made({"ExistingBucket": "theirs"})
    assert of_type(stack, "AWS::S3::Bucket") == of_type(stack, "AWS::S3::BucketPolicy") == {}
    assert properties(stack, "BucketName")["Value"] == {"Ref": "ExistingBucket"}


def test_the_functions_may_use_the_key_only_through_the_services_that_hold_the_data() -> None:
    (statement,) = properties(ALL, "UseKey")["PolicyDocument"]["Statement"]
    services = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert [each["Fn::Sub"].partition(".")[0] for each in services] == [
        "dynamodb",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
    ]
    roles = {role["Ref"] for role in properties(ALL, "UseKey")["Roles"]}
    assert roles == {f"{name}Role" for name in FUNCTIONS}


def test_a_role_may_use_that_one_key_and_only_where_there_is_one() -> None:
    statements = [
        statement
        for policy in of_type(ALL, "AWS::IAM::ManagedPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if any(action.startswith("kms:") for action in statement["Action"])
    ]
    assert [statement["Resource"] for statement in statements] == [PERSONS_KEY] * len(statements)
    assert len(statements) == 3
    assert "kms:" not in json.dumps(PLAIN["Resources"])


def test_the_training_role_gets_what_sagemaker_needs_for_a_key_and_for_a_vpc() -> None:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, CreateTrainingJob
    documents = [properties(ALL, name)["PolicyDocument"] for name in ("TrainWithKey", "TrainInVpc")]
    actions = {action for each in documents for found in each["Statement"] for action in flat(found["Action"])}
    assert {"kms:Decrypt", "kms:Encrypt", "kms:CreateGrant"} <= actions
    interfaces = {f"ec2:{verb}NetworkInterface{part}" for verb in ("Create", "Delete") for part in ("", "Permission")}
    looks = {"DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"}
    assert interfaces | {f"ec2:Describe{what}" for what in looks} <= actions
    assert "ec2:" not in json.dumps(PLAIN["Resources"])


def flat(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


@pytest.mark.parametrize(
    ("subnets", "groups", "holds"),
    [([""], [""], True), (["subnet-1"], ["sg-1"], True), (["subnet-1"], [""], False), ([""], ["sg-1"], False)],
)
def test_subnets_without_security_groups_are_refused_before_anything_is_made(
    subnets: list[str], groups: list[str], holds: bool
) -> None:
    (rule,) = TEMPLATE["Rules"]["SubnetsAndSecurityGroups"]["Assertions"]
    given = {"TrainingSubnets": subnets, "TrainingSecurityGroups": groups}
    assert assertion_holds(rule["Assert"], given) is holds
    assert "name both, or none" in rule["AssertDescription"]


@pytest.mark.parametrize(
    ("key", "taken"), [("", True), (KEY, True), (KEY.replace("aws:", "aws-cn:", 1), True), ("alias/mine", False)]
)
def test_the_key_is_named_by_its_arn_since_policies_know_no_alias(key: str, taken: bool) -> None:
    assert (re.search(TEMPLATE["Parameters"]["KmsKeyArn"]["AllowedPattern"], key) is not None) is taken
