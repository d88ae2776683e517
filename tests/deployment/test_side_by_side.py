"""Two stacks in one account and region, the name of one beginning with the other's: neither sees the other's runs."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.deployment.account import Account, jobs_of
from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@pytest.fixture
def stacks(account: Account) -> Iterator[tuple[Pipeline, Pipeline]]:
    """The stacks of samconfig.toml: production, and one for development whose name is longer."""
    yield account.deploy("traindrop", AutoInLambda="false"), account.deploy("traindrop-dev", AutoInLambda="false")
    account.delete("traindrop-dev")
    account.delete("traindrop")


def test_a_drop_into_one_is_one_job_and_one_message_there_and_nothing_in_the_other(
    stacks: tuple[Pipeline, Pipeline],
) -> None:
    production, development = stacks
    development.drop("flowers", labelled(), hyperparameters=FEW_ROUNDS)
    (run,) = development.told("flowers")
    development.drop("weeds", labelled(), hyperparameters=ENDLESS)
    stopped = development.in_training("weeds")
    assert development.traindrop("stop", stopped.run, "--yes").returncode == 0
    (stopped,) = development.told("weeds")

    assert (run.status, stopped.status) == (Status.EVALUATED, Status.STOPPED)
    assert run.run.startswith("traindrop-dev-flowers-")
    assert jobs_of(development) == [run.run, stopped.run]
    assert development.message("flowers").outcome == "evaluated"
    assert development.message("weeds").outcome == "stopped"
    assert development.dead_letters() == []

    assert jobs_of(production) == []
    assert production.messages("flowers") + production.messages("weeds") == []
    assert production.dead_letters() == []
    assert production.runs("flowers") == []
    for function in ("Launcher", "Evaluator", "Notifier"):
        assert production.log(function, "START RequestId") == [], function


def test_one_stack_may_not_stop_the_jobs_of_the_other(stacks: tuple[Pipeline, Pipeline]) -> None:
    production, development = stacks
    development.drop("roses", labelled(), hyperparameters=ENDLESS)
    run = development.in_training("roses")
    for function in ("Launcher", "Dispatcher"):
        with pytest.raises(ClientError, match="not authorized to perform: sagemaker:StopTrainingJob"):
            as_function(production, function).stop_training_job(TrainingJobName=run.run)
    assert production.traindrop("stop", run.run, "--yes").returncode == 3
    assert (development.job(run.run) or {})["TrainingJobStatus"] == "InProgress"
    as_function(development, "Dispatcher").stop_training_job(TrainingJobName=run.run)
    assert development.told("roses")[0].status is Status.STOPPED


def as_function(pipeline: Pipeline, function: str) -> "SageMakerClient":
    """A client with what the function's role allows. Nobody but Lambda may take it on, so the test lets itself in."""
    iam, role = boto3.client("iam"), pipeline.resource(f"{function}Role")
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    lambda_too = {**anyone, "Principal": {"Service": "lambda.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [anyone, lambda_too]})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    given = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return boto3.client(
        "sagemaker",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
