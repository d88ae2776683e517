"""Calls to the local SageMaker are checked against the caller's policies, as every other call to the local AWS is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import ROLE, a_request, client, finished

from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

JOBS = "arn:aws:sagemaker:us-east-1:000000000000:training-job/mine-*"
PASS_ROLE = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": ROLE,
    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
}
CREATE = {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": JOBS}
TAG = {"Effect": "Allow", "Action": "sagemaker:AddTags", "Resource": JOBS}
TAGGED = {"Tags": [{"Key": "run", "Value": "1"}]}


@pytest.fixture
def user(aws: LocalAws) -> Iterator[str]:
    """A user of whom nothing is allowed yet."""
    iam = client(aws, "iam")
    iam.create_user(UserName="launcher")
    yield "launcher"
    iam.delete_user_policy(UserName="launcher", PolicyName="allowed")
    for key in iam.list_access_keys(UserName="launcher")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="launcher", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="launcher")


def sagemaker_as(local: LocalAws, user: str, statements: list[dict[str, Any]]) -> Any:
    return client_as(local, "sagemaker", user, statements)


def client_as(local: LocalAws, service: str, user: str, statements: list[dict[str, Any]]) -> Any:
    iam = client(local, "iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=user, PolicyName="allowed", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    credentials = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return client(local, service, **credentials)


def test_an_item_of_a_table_is_written_only_under_the_keys_that_a_policy_names(aws: LocalAws, user: str) -> None:
    client(aws, "dynamodb").create_table(
        TableName="records",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "run", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "run", "KeyType": "HASH"}],
    )
    of_jobs = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "#job/*"}}
    allowed = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"], "Resource": "*"}
    table = client_as(aws, "dynamodb", user, [allowed | {"Condition": of_jobs}])
    for operation in (table.get_item, table.update_item):
        operation(TableName="records", Key={"run": {"S": "#job/a-job"}})
        with pytest.raises(ClientError, match="is not authorized to perform: dynamodb:"):
            operation(TableName="records", Key={"run": {"S": "a-run"}})


@pytest.mark.parametrize(
    ("statements", "changes", "denied"),
    [
        ([PASS_ROLE], {}, "sagemaker:CreateTrainingJob on resource: " + JOBS.replace("*", "1")),
        ([CREATE], {}, f"iam:PassRole on resource: {ROLE}"),
        ([CREATE, PASS_ROLE], TAGGED, "sagemaker:AddTags on resource: " + JOBS.replace("*", "1")),
        ([CREATE, PASS_ROLE, TAG], TAGGED | {"TrainingJobName": "yours-1"}, "sagemaker:CreateTrainingJob on resource"),
    ],
)
def test_a_job_cannot_be_created_without_each_of_its_permissions(
    aws: LocalAws, user: str, statements: list[dict[str, Any]], changes: dict[str, Any], denied: str
) -> None:
    sagemaker = sagemaker_as(aws, user, statements)
    with pytest.raises(ClientError) as caught:
        sagemaker.create_training_job(**a_request(TrainingJobName="mine-1") | changes)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"user/launcher is not authorized to perform: {denied}" in str(caught.value)


def test_a_job_is_created_with_exactly_these_permissions(aws: LocalAws, user: str) -> None:
    sagemaker = sagemaker_as(aws, user, [CREATE, PASS_ROLE, TAG])
    sagemaker.create_training_job(**a_request(TrainingJobName="mine-2") | TAGGED)
    assert finished(aws, "mine-2")["TrainingJobStatus"] == "Failed"


@pytest.mark.parametrize(("owner", "denied"), [("mine", False), ("yours", True)])
def test_a_policy_may_ask_for_the_tags_of_a_job(aws: LocalAws, user: str, owner: str, denied: bool) -> None:
    name = f"mine-of-{owner}"
    tags = [{"Key": "owner", "Value": owner}]
    client(aws, "sagemaker").create_training_job(**a_request(TrainingJobName=name) | {"Tags": tags})
    finished(aws, name)
    own = {"StringEquals": {"aws:ResourceTag/owner": "mine"}}
    stop = {"Effect": "Allow", "Action": "sagemaker:StopTrainingJob", "Resource": JOBS, "Condition": own}
    with pytest.raises(ClientError) as caught:
        sagemaker_as(aws, user, [stop]).stop_training_job(TrainingJobName=name)
    # What has ended cannot be stopped, but who is told so was allowed to try.
    assert (caught.value.response["Error"]["Code"] == "AccessDeniedException") is denied


def test_a_wrong_secret_is_refused(aws: LocalAws, user: str) -> None:
    sagemaker_as(aws, user, [CREATE])
    key = client(aws, "iam").list_access_keys(UserName=user)["AccessKeyMetadata"][0]["AccessKeyId"]
    stranger = client(aws, "sagemaker", aws_access_key_id=key, aws_secret_access_key=key)
    with pytest.raises(ClientError, match="request signature we calculated does not match"):
        stranger.list_training_jobs()
