"""Each role of template.yaml may do what it has to and no more, and nobody else's resources act through ours."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource
from tests.contract.permissions import Statement, alternatives, grants, of_type, resource_policies, resources, texts

# The service authorization reference, as cfn-lint has it.
# https://docs.aws.amazon.com/service-authorization/latest/reference/
SERVICES: dict[str, Any] = load_resource(AdditionalSpecs, "Policies.json")
# cfn-lint's copy lists a resource type "dataset" for it, which SageMaker's documentation does not ask for: there the
# namespace narrows it. https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
NARROWED_OTHERWISE = {"cloudwatch:PutMetricData": {"StringEquals": {"cloudwatch:namespace"}}}
# cfn-lint's copy does not tell the two apart.
S3_FORMATS = {"bucket": "arn:${Partition}:s3:::[^/]*", "object": "arn:${Partition}:s3:::[^/]*/.*"}
# Lambda's documentation does not say that it names the function when it assumes its role, and a role cannot be
# passed to a function of another account: docs/decisions.md, 2026-11-25.
WITHOUT_SOURCE_ARN = {"lambda.amazonaws.com"}
# Who reads what a link opens, who calls the webhook, and as whom chats act.
OF_MESSAGES = {"LinkRole", "WebhookRole", "ChatRole"}
# It is not documented what of these Amazon Q names; and who takes the role on may do nothing.
MAY_DO_NOTHING = {"ChatRole"}


def named(statement: Statement) -> str:
    return str(statement.get("Sid", statement))


def action_data(action: str) -> dict[str, Any]:
    service, _, operation = action.partition(":")
    found: dict[str, Any] = SERVICES[service]["Actions"][operation.lower()]
    return found


def plain(resource: Any) -> str | None:
    """A resource as an ARN with its pseudo parameters filled in; None where it is another resource's own ARN."""
    text = resource.get("Fn::Sub") if isinstance(resource, dict) else resource
    if text is None or re.match(r"\$\{\w+\.", text):
        return None
    for name, value in {"Partition": "aws", "Region": "us-east-1", "AccountId": "0" * 12, "StackName": "drop"}.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return re.sub(r"\$\{[^}]*\}", "name", str(text))


def arn_formats(action: str) -> Iterator[str]:
    """Regular expressions of the resources that the action knows."""
    service = action.partition(":")[0]
    for kind in action_data(action).get("Resources", []):
        found = [S3_FORMATS[kind]] if service == "s3" and kind in S3_FORMATS else None
        for arn in found or SERVICES[service]["Resources"][kind.lower()]["ARNFormats"]:
            yield re.sub(r"\$\{[^}]*\}", "[^:]*", arn)


def test_every_function_has_a_role_of_its_own_the_training_jobs_have_one_and_messages_have_theirs() -> None:
    roles = {name: each["Role"] for name, each in of_type("AWS::Lambda::Function").items()}
    assert roles == {name: {"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in roles}
    assert of_type("AWS::IAM::Role").keys() == {
        "TrainingRole", *OF_MESSAGES, *(f"{name}Role" for name in roles)
    }  # fmt: skip


@pytest.mark.parametrize("part", ["ManagedPolicyArns", "NotAction", "NotResource", "NotPrincipal"])
def test_what_a_role_may_do_stands_in_the_template_as_actions_and_resources(part: str) -> None:
    assert [name for name, each in of_type("AWS::IAM::Role").items() if part in each] == []
    assert [(name, named(each)) for name, each in [*grants(), *resource_policies()] if part in each] == []


def test_every_action_of_a_role_is_written_out_and_is_one_that_its_service_has() -> None:
    for role, statement in grants():
        for action in alternatives(statement["Action"]):
            assert "*" not in action, (role, named(statement))
            assert "?" not in action, (role, named(statement))
            assert action_data(action) is not None, (role, action)


def test_every_resource_is_permitted_only_where_an_action_knows_no_resources() -> None:
    for role, statement in grants():
        if "*" not in alternatives(statement["Resource"]):
            continue
        for action in alternatives(statement["Action"]):
            keys = {operator: set(keys) for operator, keys in statement.get("Condition", {}).items()}
            has_resources = "Resources" in action_data(action) and NARROWED_OTHERWISE.get(action) != keys
            assert not has_resources, (role, named(statement), action)


def test_every_resource_is_of_a_kind_that_each_action_of_its_statement_knows() -> None:
    for role, statement in grants():
        for action in alternatives(statement["Action"]):
            formats = list(arn_formats(action))
            for resource in filter(None, map(plain, alternatives(statement["Resource"]))):
                fits = resource == "*" or any(re.fullmatch(arn, resource) for arn in formats)
                assert fits, (role, named(statement), action, resource, formats)


def test_the_training_role_alone_may_be_passed_and_to_sagemaker_alone() -> None:
    passing = [(role, each) for role, each in grants() if "iam:PassRole" in alternatives(each["Action"])]
    assert sorted(role for role, _ in passing) == ["DispatcherRole", "LauncherRole"]
    for _, statement in passing:
        assert statement["Action"] == "iam:PassRole"
        assert statement["Resource"] == {"Fn::GetAtt": ["TrainingRole", "Arn"]}
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_no_resource_lets_everybody_in() -> None:
    allowing = [(name, each) for name, each in resource_policies() if each["Effect"] == "Allow"]
    assert allowing != []
    for name, statement in allowing:
        assert statement["Principal"] not in ("*", {"AWS": "*"}), (name, named(statement))


def test_a_service_may_use_a_resource_only_for_this_stack_in_this_account() -> None:
    """The confused deputy: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html."""
    for name, statement in resource_policies():
        if statement["Effect"] != "Allow" or "Service" not in statement["Principal"] or name in MAY_DO_NOTHING:
            continue
        keys = {key: value for operator in statement["Condition"].values() for key, value in operator.items()}
        assert keys["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}, (name, named(statement))
        if not WITHOUT_SOURCE_ARN.issuperset(alternatives(statement["Principal"]["Service"])):
            assert is_of_this_stack(keys["aws:SourceArn"]), (name, named(statement))


def test_nobody_may_do_anything_from_a_chat() -> None:
    assert [role for role, _ in grants() if role in MAY_DO_NOTHING] == []
    channels = [*of_type("AWS::Chatbot::SlackChannelConfiguration").values(),
                *of_type("AWS::Chatbot::MicrosoftTeamsChannelConfiguration").values()]  # fmt: skip
    assert len(channels) == 2
    for channel in channels:
        assert channel["IamRoleArn"] == {"Fn::GetAtt": ["ChatRole", "Arn"]}
        assert channel["GuardrailPolicies"] == [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"}]


def test_only_the_notifier_may_make_links() -> None:
    (trust,) = of_type("AWS::IAM::Role")["LinkRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": {"Fn::GetAtt": ["NotifierRole", "Arn"]}}
    assert [role for role, each in grants() if "sts:AssumeRole" in alternatives(each["Action"])] == ["NotifierRole"]


def is_of_this_stack(arn: Any) -> bool:
    """Whether it is the ARN of a resource of the stack, or a pattern that only such ARNs match; or several."""
    if isinstance(arn, list):
        return all(map(is_of_this_stack, arn))
    if isinstance(arn, dict) and arn.keys() == {"Fn::Sub"}:
        return "${AWS::AccountId}" in arn["Fn::Sub"] and "${AWS::StackName}-*" in arn["Fn::Sub"]
    return bool(resources().keys() & set(texts(arn)))


def test_a_function_is_invoked_only_by_a_rule_or_topic_of_this_stack() -> None:
    """Their ARNs name account and region, so SourceAccount, which SAM does not set, would say nothing more."""
    permissions = of_type("AWS::Lambda::Permission")
    assert len(permissions) > len(of_type("AWS::Lambda::Function"))
    for name, each in permissions.items():
        assert each["Principal"] in ("events.amazonaws.com", "sns.amazonaws.com"), name
        assert is_of_this_stack(each["SourceArn"]), name
        assert "FunctionUrlAuthType" not in each, name


def test_every_topic_and_queue_has_a_policy_of_its_own() -> None:
    """Without one a topic lets everybody of the account publish, subscribe and delete it."""
    topics = {text for each in of_type("AWS::SNS::TopicPolicy").values() for text in texts(each["Topics"])}
    queues = {text for each in of_type("AWS::SQS::QueuePolicy").values() for text in texts(each["Queues"])}
    assert of_type("AWS::SNS::Topic").keys() <= topics
    assert of_type("AWS::SQS::Queue").keys() <= queues
