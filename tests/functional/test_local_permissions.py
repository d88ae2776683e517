"""The local AWS checks permissions where MiniStack alone would not, or otherwise than AWS does."""

import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import BUCKET, TRUST, a_request, client, make_role
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.grants import Grant, read_grants
from traindrop_cli.local.settings import LocalSettings

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

BY_ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
BY_LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
GROUP = "/aws/sagemaker/TrainingJobs"
LOGS = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:given-up"


def allow(action: str, resource: str) -> dict[str, Any]:
    return {"Sid": action.partition(":")[2], "Effect": "Allow", "Action": action, "Resource": resource}


def credentials_of(local: LocalAws, *statements: dict[str, Any], role: str | None = None) -> dict[str, str]:
    """Of a new role that may do what the statements say."""
    name = role or uuid.uuid4().hex
    arn = make_role(local, name, ["sts:GetCallerIdentity"], BY_ROOT)
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    client(local, "iam").put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=document)
    found = client(local, "sts").assume_role(RoleArn=arn, RoleSessionName="tester")["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_only_who_may_list_the_bucket_is_told_that_an_object_is_missing(aws: LocalAws, operation: str) -> None:
    reading = allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}")
    for statements, status in (([reading], 403), ([reading, listing], 404)):
        s3 = client(aws, "s3", **credentials_of(aws, *statements))
        with pytest.raises(ClientError) as caught:
            getattr(s3, operation)(Bucket=BUCKET, Key="nothing/here")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_log_groups_are_named_with_a_colon_and_star_and_streams_by_their_own_arn(aws: LocalAws) -> None:
    root = client(aws, "logs")
    for name in ("mine-1/algo-1-0", "yours-1/algo-1-0"):
        make_stream(root, name)
    given = credentials_of(
        aws,
        allow("logs:DescribeLogStreams", f"{LOGS}:*"),
        allow("logs:GetLogEvents", f"{LOGS}:log-stream:mine-*"),
    )
    logs = client(aws, "logs", **given)
    assert len(logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="mine-1/")["logStreams"]) == 1
    logs.get_log_events(logGroupName=GROUP, logStreamName="mine-1/algo-1-0")
    with pytest.raises(ClientError, match="not authorized to perform: logs:GetLogEvents"):
        logs.get_log_events(logGroupName=GROUP, logStreamName="yours-1/algo-1-0")


def make_stream(logs: Any, name: str) -> None:
    try:
        logs.create_log_group(logGroupName=GROUP)
    except logs.exceptions.ResourceAlreadyExistsException:
        assert logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    logs.create_log_stream(logGroupName=GROUP, logStreamName=name)


@pytest.mark.parametrize(
    ("condition", "is_accepted"),
    [
        ({"StringEquals": {"aws:SourceAccount": "000000000000"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "111111111111"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/toy-*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/yours-*"}}, False),
    ],
)
def test_sagemaker_assumes_a_role_only_for_whom_its_trust_policy_names(
    aws: LocalAws, condition: dict[str, Any], is_accepted: bool
) -> None:
    role = make_role(aws, uuid.uuid4().hex, ["s3:*", "logs:*"], TRUST | {"Condition": condition})
    request = a_request(RoleArn=role)
    if is_accepted:
        client(aws, "sagemaker").create_training_job(**request)
        return
    with pytest.raises(ClientError, match="Could not assume role"):
        client(aws, "sagemaker").create_training_job(**request)


def a_failing_function(local: LocalAws, name: str, actions: list[str]) -> None:
    """A function whose events go to the queue when it gave up on them."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    raise ValueError(event['number'])\n")
    functions = client(local, "lambda")
    functions.create_function(
        FunctionName=name, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": package.getvalue()},
        Role=make_role(local, name, actions, BY_LAMBDA),
    )  # fmt: skip
    destination = {"OnFailure": {"Destination": QUEUE}}
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=destination)
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"number": 1}))


def test_lambda_writes_a_log_and_gives_up_on_an_event_with_the_functions_role(tmp_path: Path) -> None:
    log, grants = tmp_path / "log", tmp_path / "grants"
    with LocalAws.start(LocalSettings(retry_seconds=0.05, grants_file=grants), log_file=log) as local:
        queue = client(local, "sqs").create_queue(QueueName="given-up")["QueueUrl"]
        a_failing_function(local, "silent", ["sqs:SendMessage"])
        a_failing_function(local, "mute", ["logs:*"])
        wait_for(lambda: "does not allow sqs:SendMessage" in log.read_text("utf-8"))
        messages = wait_for(lambda: client(local, "sqs").receive_message(QueueUrl=queue).get("Messages"))
        groups = client(local, "logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    assert [json.loads(each["Body"])["requestContext"]["functionArn"].rpartition(":")[2] for each in messages] == [
        "silent"
    ]
    assert [each["logGroupName"] for each in groups] == ["/aws/lambda/mute"]
    assert {(each.role, each.session, each.action) for each in read_grants(grants)} == {
        ("silent", "silent", "sqs:SendMessage"),
        ("mute", "mute", "logs:CreateLogGroup"),
        ("mute", "mute", "logs:CreateLogStream"),
        ("mute", "mute", "logs:PutLogEvents"),
    }


def test_each_permission_that_allowed_a_request_is_written_down_once_and_no_refusal(tmp_path: Path) -> None:
    grants = tmp_path / "grants"
    with LocalAws.start(LocalSettings(grants_file=grants), log_file=tmp_path / "log") as local:
        client(local, "s3").create_bucket(Bucket=BUCKET)
        given = credentials_of(local, allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/mine/*"), role="writer")
        s3 = client(local, "s3", **given)
        for key in ("mine/1", "mine/2"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
        with pytest.raises(ClientError, match="not authorized to perform: s3:PutObject"):
            s3.put_object(Bucket=BUCKET, Key="yours/1", Body=b"")
        assert read_grants(grants) == {
            Grant("writer", "tester", "PutObject", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/mine/*")
        }
        assert len(grants.read_text("utf-8").splitlines()) == 1
