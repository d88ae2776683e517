"""What each role must not do is refused to its credentials by the local AWS."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import a_request
from tests.pipeline.pipeline import Pipeline

Try = Callable[[boto3.Session, Pipeline], object]
STREAM = {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": "yours-titanic-0/algo-1-0"}


def get(key: str) -> Try:
    return lambda session, pipeline: session.client("s3").get_object(Bucket=pipeline.stack.bucket, Key=key)


def put(key: str, bucket: str | None = None) -> Try:
    return lambda session, pipeline: session.client("s3").put_object(
        Bucket=bucket or pipeline.stack.bucket, Key=key, Body=b""
    )


def listed(prefix: str) -> Try:
    return lambda session, pipeline: session.client("s3").list_objects_v2(Bucket=pipeline.stack.bucket, Prefix=prefix)


def event(source: str, detail_type: str) -> Try:
    entry: Any = {"Source": source, "DetailType": detail_type, "Detail": "{}"}
    return lambda session, _: session.client("events").put_events(Entries=[entry])


def job(name: str, role: str) -> Try:
    def create(session: boto3.Session, pipeline: Pipeline) -> object:
        arn = boto3.client("iam").get_role(RoleName=pipeline.resource(role))["Role"]["Arn"]
        request = a_request(TrainingJobName=name, RoleArn=arn)
        return session.client("sagemaker").create_training_job(**request)

    return create


def runs_table(session: boto3.Session, pipeline: Pipeline) -> object:
    return session.client("dynamodb").scan(TableName=pipeline.stack.table)


@pytest.mark.parametrize(
    ("role", "action", "attempt"),
    [
        ("LauncherRole", "s3:PutObject", put("datasets/toy/train/data.csv")),
        ("LauncherRole", "s3:PutObject", put("runs/traindrop-toy-0/evaluation.json")),
        ("LauncherRole", "s3:GetObject", get("runs/traindrop-toy-0/output/model.tar.gz")),
        ("LauncherRole", "sagemaker:CreateTrainingJob", job("yours-toy-0", "TrainingRole")),
        ("LauncherRole", "iam:PassRole", job("traindrop-toy-0", "EvaluatorRole")),
        ("LauncherRole", "events:PutEvents", event("traindrop.yours", "Run Rejected")),
        ("LauncherRole", "dynamodb:Scan", runs_table),
        ("DispatcherRole", "s3:PutObject", put("runs/traindrop-toy-0/request.json")),
        ("DispatcherRole", "s3:GetObject", get("datasets/toy/train/data.csv")),
        ("DispatcherRole", "iam:PassRole", job("traindrop-toy-0", "LauncherRole")),
        (
            "DispatcherRole",
            "sagemaker:StopTrainingJob",
            lambda session, _: session.client("sagemaker").stop_training_job(TrainingJobName="yours-toy-0"),
        ),
        ("EvaluatorRole", "sagemaker:CreateTrainingJob", job("traindrop-toy-0", "TrainingRole")),
        ("EvaluatorRole", "s3:GetObject", get("datasets/toy/train/data.csv")),
        (
            "EvaluatorRole",
            "sagemaker:CreateModelPackageGroup",
            lambda session, _: session.client("sagemaker").create_model_package_group(
                ModelPackageGroupName="yours-toy"
            ),
        ),
        (
            "EvaluatorRole",
            "sagemaker:CreateModelPackage",
            lambda session, _: session.client("sagemaker").create_model_package(ModelPackageGroupName="yours-toy"),
        ),
        ("EvaluatorRole", "s3:PutObject", put("runs/traindrop-toy-0/output/model.tar.gz")),
        ("EvaluatorRole", "events:PutEvents", event("aws.s3", "Object Created")),
        ("NotifierRole", "s3:GetObject", get("datasets/toy/train/data.csv")),
        ("NotifierRole", "events:PutEvents", event("traindrop.traindrop", "Model Evaluated")),
        ("NotifierRole", "logs:GetLogEvents", lambda session, _: session.client("logs").get_log_events(**STREAM)),
        (
            "NotifierRole",
            "sns:Publish",
            lambda session, pipeline: session.client("sns").publish(
                TopicArn=pipeline.output("Topic").replace("Messages", "Yours"), Message="x"
            ),
        ),
        ("NotifierRole", "s3:GetObject", get("runs/traindrop-toy-0/output/model.tar.gz")),
        ("LinkRole", "s3:GetObject", get("runs/traindrop-toy-0/output/output.tar.gz")),
        ("LinkRole", "s3:GetObject", get("datasets/toy/train/data.csv")),
        ("LinkRole", "s3:PutObject", put("runs/traindrop-toy-0/report.html")),
        ("LinkRole", "s3:ListBucket", listed("runs/")),
        ("TrainingRole", "s3:GetObject", get("runs/traindrop-toy-0/output/model.tar.gz")),
        ("TrainingRole", "s3:GetObject", get("datasets/toy/train/data.csv")),
        ("TrainingRole", "s3:PutObject", put("inputs/traindrop-toy-0/train/data.csv")),
        ("TrainingRole", "s3:PutObject", put("model.tar.gz", bucket="yours")),
        ("TrainingRole", "s3:ListBucket", listed("datasets/")),
        ("TrainingRole", "s3:ListBucket", listed("")),
        ("TrainingRole", "sagemaker:CreateTrainingJob", job("traindrop-toy-0", "TrainingRole")),
        (
            "TrainingRole",
            "logs:PutLogEvents",
            lambda session, _: session.client("logs").put_log_events(
                **STREAM, logEvents=[{"timestamp": 1, "message": "x"}]
            ),
        ),
        ("TrainingRole", "dynamodb:Scan", runs_table),
    ],
)
def test_a_role_is_refused(role: str, action: str, attempt: Try, pipeline: Pipeline) -> None:
    boto3.client("s3").create_bucket(Bucket="yours")
    with pipeline.assumed(role) as session, pytest.raises(ClientError, match=f"not authorized to perform: {action} "):
        attempt(session, pipeline)


@pytest.mark.parametrize(
    ("role", "attempt"),
    [
        ("LauncherRole", put("runs/traindrop-toy-0/request.json")),
        ("DispatcherRole", listed("")),
        ("EvaluatorRole", event("traindrop.traindrop", "Nothing At All")),
        ("TrainingRole", listed("inputs/")),
    ],
)
def test_it_is_the_request_that_was_refused_and_not_the_credentials(
    role: str, attempt: Try, pipeline: Pipeline
) -> None:
    with pipeline.assumed(role) as session:
        attempt(session, pipeline)


def test_sagemaker_may_not_assume_the_training_role_for_a_job_of_another_stack(pipeline: Pipeline) -> None:
    with pytest.raises(ClientError, match="Could not assume role"):
        job("yours-toy-0", "TrainingRole")(boto3.Session(), pipeline)


@pytest.mark.parametrize("role", ["LauncherRole", "TrainingRole"])
def test_nobody_else_may_assume_a_role(role: str, pipeline: Pipeline) -> None:
    arn = boto3.client("iam").get_role(RoleName=pipeline.resource(role))["Role"]["Arn"]
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="mine")
