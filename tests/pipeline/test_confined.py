"""A stack whose operator demands a key, a VPC and isolation.

In a local AWS of its own: what its roles do first there, such as to create the log group of the account's training
jobs, the other stack's have no more need to (test_permissions_used.py).
"""

import json
import os
from collections.abc import Iterator
from unittest import mock

import boto3
import pytest
from tests.pipeline.conftest import pointed_at
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status
from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.deploy import deploy
from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_stack import repository
from traindrop_cli.stack import DEFAULT_STACK, connect, point_at

SPY = b"""
import os, sys
print("credentials:", sorted(name for name in os.environ if name.startswith("AWS_")))
sys.exit("on purpose")
"""


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    scripts = repository() / "training_scripts"
    parameters = {"TrainingScripts": str(scripts), "NetworkIsolation": "true"}
    parameters |= {"TrainingSubnets": "subnet-0a1b2c3d,subnet-1a1b2c3d", "TrainingSecurityGroups": "sg-0a1b2c3d"}
    with LocalAws.start(LocalSettings()) as aws:
        with mock.patch.dict(os.environ):
            point_at(aws.endpoint_url)
            key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
            template = repository() / "template.yaml"
            deploy(aws.endpoint_url, template, DEFAULT_STACK, {**parameters, "KmsKeyArn": key})
            stack = connect(DEFAULT_STACK, aws.endpoint_url)
        yield Pipeline(stack, tmp_path_factory.mktemp("confined"))
    aws.log_file.unlink(missing_ok=True)


@pytest.fixture
def stack(confined: Pipeline) -> Iterator[Pipeline]:
    with pointed_at(confined) as stack:
        yield stack


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
