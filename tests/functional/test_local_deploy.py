"""A SAM template deployed into the local AWS: uploads reach its functions, and failures their destination."""

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.functional.local_fixtures.aws import client
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.deploy import DeployError, deploy
from traindrop_cli.local.template import TemplateError, packaged, read_template

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

HANDLER = """
import os
import boto3
from aws_lambda_powertools import Logger
from shared.words import GREETING

def handler(event, context):
    key = event["detail"]["object"]["key"]
    if key.endswith("bad"):
        raise ValueError(key)
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=f"out/{key}", Body=GREETING)
    Logger(service="copier").info("copied", key=key)
"""
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
Resources:
  Drops:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${AWS::StackName}-drops"
      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}
  TlsOnly:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Drops
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: !Sub "${Drops.Arn}/*"
            Condition: {Bool: {"aws:SecureTransport": "false"}}
  GaveUp:
    Type: AWS::SNS::Topic
  DeadLetters:
    Type: AWS::SQS::Queue
  DeadLettersPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref DeadLetters]
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt DeadLetters.Arn
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      {TopicArn: !Ref GaveUp, Protocol: sqs, Endpoint: !GetAtt DeadLetters.Arn, RawMessageDelivery: true}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: layer}
  Made:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: makefile}
    Properties: {ContentUri: made}
  Plain:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: makefile}
    Properties: {ContentUri: plain}
  Copier:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: function
      Layers: [!Ref Shared, !Ref Made, !Ref Plain]
      Environment: {Variables: {BUCKET: !Sub "${AWS::StackName}-drops", GREETING: !Ref Greeting}}
      Policies:
        - Statement:
            - {Effect: Allow, Action: s3:PutObject, Resource: !Sub "${Drops.Arn}/out/*"}
      EventInvokeConfig:
        DestinationConfig: {OnFailure: {Type: SNS, Destination: !Ref GaveUp}}
      Events:
        Dropped:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [aws.s3]
              detail-type: [Object Created]
              detail: {bucket: {name: [!Ref Drops]}, object: {key: [{wildcard: in/*}]}}
  CopierFails:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Metrics:
        - {Id: share, Expression: 100 * errors / calls}
        - Id: errors
          ReturnData: false
          MetricStat: {Stat: Sum, Period: 60, Metric: {Namespace: AWS/Lambda, MetricName: Errors}}
        - Id: calls
          ReturnData: false
          MetricStat: {Stat: Sum, Period: 60, Metric: {Namespace: AWS/Lambda, MetricName: Invocations}}
      EvaluationPeriods: 1
      Threshold: 5
      ComparisonOperator: GreaterThanThreshold
Outputs:
  Bucket: {Value: !Ref Drops}
  Queue: {Value: !Ref DeadLetters}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("app")
    files = {
        "template.yaml": TEMPLATE,
        "function/app.py": HANDLER,
        "function/requirements.txt": "nothing-of-this-name",
        "layer/shared/__init__.py": "",
        "layer/shared/words.py": "import os\nGREETING = os.environ['GREETING']\n",
        "layer/requirements.in": "",
        "layer/__pycache__/old.pyc": "",
        "made/Makefile": "build-Made:",
        "made/requirements.txt": "nothing-of-this-name",
        "made/other/__init__.py": "",
        "plain/Makefile": "build-Plain:",
        "plain/scripts/train.py": "print()",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root / "template.yaml"


@pytest.fixture(scope="module")
def outputs(aws: LocalAws, template: Path) -> dict[str, str]:
    return deploy(aws.endpoint_url, template, "app", {"Greeting": "hello"})


def body(local: LocalAws, bucket: str, key: str) -> str | None:
    s3 = client(local, "s3")
    try:
        return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    except s3.exceptions.NoSuchKey:
        return None


def test_an_upload_reaches_the_function_which_uses_its_layer_and_its_role(
    aws: LocalAws, outputs: dict[str, str]
) -> None:
    key = "in/é + %20.csv"
    client(aws, "s3").put_object(Bucket=outputs["Bucket"], Key=key, Body=b"x")
    assert wait_for(lambda: body(aws, outputs["Bucket"], f"out/{key}")) == "hello"


def test_what_a_function_that_succeeds_has_logged_is_in_its_log(aws: LocalAws, outputs: dict[str, str]) -> None:
    client(aws, "s3").put_object(Bucket=outputs["Bucket"], Key="in/logged.csv", Body=b"x")
    line = wait_for(lambda: next(lines(aws, "in/logged.csv"), None))
    assert json.loads(line)["message"] == "copied"


def test_an_alarm_on_metric_math_is_made_and_described_with_its_metrics(
    aws: LocalAws,
    outputs: dict[str, str],  # noqa: ARG001 - the stack that has the alarm
) -> None:
    (alarm,) = client(aws, "cloudwatch").describe_alarms(AlarmNamePrefix="app-CopierFails")["MetricAlarms"]
    assert [metric["Id"] for metric in alarm["Metrics"]] == ["share", "errors", "calls"]
    assert "MetricName" not in alarm


def test_a_function_that_keeps_failing_is_retried_and_then_its_event_reaches_the_destination(
    aws: LocalAws, outputs: dict[str, str]
) -> None:
    client(aws, "s3").put_object(Bucket=outputs["Bucket"], Key="in/bad", Body=b"x")
    sqs, queue = client(aws, "sqs"), outputs["Queue"]
    (message,) = wait_for(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestPayload"]["detail"]["object"]["key"] == "in/bad"
    assert told["responsePayload"]["errorMessage"] == "in/bad"
    assert invocations(aws, "in/bad") == 3


def invocations(local: LocalAws, error: str) -> int:
    return sum(error in line for line in lines(local, "ValueError"))


def lines(local: LocalAws, word: str) -> Iterator[str]:
    """The lines of the function's log that hold a word."""
    functions = client(local, "lambda").list_functions()["Functions"]
    name = next(function["FunctionName"] for function in functions if "Copier" in function["FunctionName"])
    groups = client(local, "logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    for group in groups:
        events = client(local, "logs").filter_log_events(logGroupName=group["logGroupName"])["events"]
        yield from (event["message"] for event in events if word in event["message"])


def test_an_update_changes_the_function_and_an_unchanged_template_nothing(
    aws: LocalAws, template: Path, outputs: dict[str, str]
) -> None:
    assert deploy(aws.endpoint_url, template, "app", {"Greeting": "hello"}) == outputs
    assert deploy(aws.endpoint_url, template, "app", {"Greeting": "servus"}) == outputs
    client(aws, "s3").put_object(Bucket=outputs["Bucket"], Key="in/after", Body=b"x")
    assert wait_for(lambda: body(aws, outputs["Bucket"], "out/in/after")) == "servus"


def test_a_stack_that_fails_says_which_resource_and_why_and_can_be_deployed_again(
    aws: LocalAws, tmp_path: Path
) -> None:
    missing = "arn:aws:lambda:us-east-1:000000000000:function:none"
    file = tmp_path / "template.yaml"
    file.write_text(
        json.dumps({"Resources": {"Broken": {"Type": "Custom::X", "Properties": {"ServiceToken": missing}}}})
    )
    with pytest.raises(DeployError, match=r"stack broken is ROLLBACK_COMPLETE: Broken: .*function:none' not found"):
        deploy(aws.endpoint_url, file, "broken", {})
    file.write_text(json.dumps({"Resources": {"Mended": {"Type": "AWS::SNS::Topic"}}}))
    assert deploy(aws.endpoint_url, file, "broken", {}) == {}


def test_folders_are_packaged_as_sam_build_would(template: Path) -> None:
    _, packages = packaged(read_template(template), template.parent, "bucket")
    contents = [sorted(zipfile.ZipFile(BytesIO(package.content)).namelist()) for package in packages]
    assert contents == [
        ["python/", "python/shared/__init__.py", "python/shared/words.py"],
        ["python/", "python/other/__init__.py"],
        ["scripts/train.py"],
        ["app.py"],
    ]


def test_the_same_folder_gives_the_same_package(template: Path) -> None:
    def keys() -> list[str]:
        return [package.key for package in packaged(read_template(template), template.parent, "bucket")[1]]

    before = keys()
    (template.parent / "function/app.py").touch()
    assert keys() == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!Ref Name", {"Ref": "Name"}),
        ("!GetAtt Bucket.Arn", {"Fn::GetAtt": ["Bucket", "Arn"]}),
        ("!Equals [!Ref Name, '']", {"Fn::Equals": [{"Ref": "Name"}, ""]}),
        ("!Condition HasName", {"Condition": "HasName"}),
        ("2012-10-17", "2012-10-17"),
    ],
)
def test_short_forms_are_read_in_their_long_form(tmp_path: Path, text: str, expected: Any) -> None:
    (tmp_path / "template.yaml").write_text(f"Resources: {{}}\nValue: {text}\n")
    assert read_template(tmp_path / "template.yaml")["Value"] == expected


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    resource = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "functions/none"}}
    with pytest.raises(TemplateError, match="functions/none, which does not exist"):
        packaged({"Resources": {"Function": resource}}, tmp_path, "bucket")


def test_a_template_may_be_larger_than_a_request(aws: LocalAws, tmp_path: Path) -> None:
    topics = {f"Topic{number}": {"Type": "AWS::SNS::Topic", "Metadata": {"Why": "x" * 20_000}} for number in range(5)}
    file = tmp_path / "template.yaml"
    file.write_text(json.dumps({"Resources": topics, "Outputs": {"One": {"Value": {"Ref": "Topic1"}}}}))
    assert deploy(aws.endpoint_url, file, "large", {})["One"].startswith("arn:aws:sns:")
