"""A stack whose operator demands a key, a VPC and isolation, beside the other one in the same local AWS."""

import json
import os
from unittest import mock

import boto3
import pytest
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status
from traindrop_cli.local.deploy import deploy
from traindrop_cli.local_stack import repository
from traindrop_cli.stack import connect, point_at

NAME = "confined"
SPY = b"""
import os, sys
print("credentials:", sorted(name for name in os.environ if name.startswith("AWS_")))
sys.exit("on purpose")
"""


@pytest.fixture(scope="session")
def confined(deployed: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    endpoint = deployed.stack.endpoint_url or ""
    with mock.patch.dict(os.environ):
        point_at(endpoint)
        key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        scripts = repository() / "training_scripts"
        parameters = {"TrainingScripts": str(scripts), "KmsKeyArn": key, "NetworkIsolation": "true"}
        parameters |= {"TrainingSubnets": "subnet-0a1b2c3d,subnet-1a1b2c3d", "TrainingSecurityGroups": "sg-0a1b2c3d"}
        deploy(endpoint, repository() / "template.yaml", NAME, parameters)
        return Pipeline(connect(NAME, endpoint), tmp_path_factory.mktemp("confined"), deployed.grants)


@pytest.fixture
def stack(pipeline: Pipeline, confined: Pipeline) -> Pipeline:  # noqa: ARG001 - it points this process at their AWS
    return confined


def test_a_confined_job_trains_and_its_request_names_key_and_network(stack: Pipeline) -> None:
    stack.drop("flowers", labelled(), target="label", hyperparameters=FEW_ROUNDS)
    (run,) = stack.told("flowers")
    assert run.status is Status.EVALUATED, run.reason
    request = json.loads(stack.read(run.request_key) or b"")
    assert request["EnableNetworkIsolation"] is True
    assert request["VpcConfig"]["Subnets"] == ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]
    assert request["OutputDataConfig"]["KmsKeyId"] == request["ResourceConfig"]["VolumeKmsKeyId"]


def test_an_isolated_script_is_given_no_credentials(stack: Pipeline) -> None:
    stack.put("datasets/spy/code/train.py", SPY)
    stack.drop("spy", labelled(), target="label")
    (run,) = stack.told("spy")
    assert run.status is Status.FAILED
    lines = [line for line in training_log(run.run) if line.startswith("credentials:")]
    assert lines == ["credentials: ['AWS_REGION']"]


def test_packages_that_could_not_be_installed_are_rejected(stack: Pipeline) -> None:
    stack.put("datasets/packages/code/train.py", b"")
    stack.put("datasets/packages/code/requirements.txt", b"six\n")
    stack.drop("packages", labelled(), target="label")
    (run,) = stack.told("packages")
    assert run.status is Status.REJECTED
    assert "NetworkIsolation" in (run.reason or "")


def training_log(run: str) -> list[str]:
    logs = boto3.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=run
    )
    return [event["message"] for page in pages for event in page["events"]]
