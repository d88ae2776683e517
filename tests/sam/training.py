"""Real training jobs of the stack's local SageMaker, and runs that wait for theirs."""

import json
import uuid
from dataclasses import replace
from typing import Any

import boto3
from tests.builders import CSV, a_job
from tests.conftest import ROOT
from tests.contract.template import BUCKET
from tests.sam.deployed import RUN, Deployed
from tests.waiting import wait_for

from traindrop.bundle import bundle_of_ours
from traindrop.config import TrainingConfig
from traindrop.request import training_job_request
from traindrop.run import Run

# How a job comes to end so, really: by what it is told to do.
_WAYS: dict[str, dict[str, Any]] = {
    "Completed": {},
    "Failed": {"target": "Survivd"},
    "Stopped": {"rounds": 10_000_000, "seconds": 1},
}


def train(stack: Deployed, outcome: str) -> None:
    """Let the job that the events are about end as `outcome` says."""
    boto3.client("sagemaker").create_training_job(**_request(stack, RUN, **_WAYS[outcome]))
    wait_for(lambda: _status() == outcome)


def _status() -> str:
    return boto3.client("sagemaker").describe_training_job(TrainingJobName=RUN)["TrainingJobStatus"]


def stand_in_line(stack: Deployed) -> Run:
    """A run that waits, with all that its launch needs."""
    name = f"traindrop-next-{uuid.uuid4().hex[:12]}"
    run = stack.record(run=name, dataset="next")
    stack.put(run.request_key, json.dumps(_request(stack, name)).encode())
    return run


def in_bucket(stack: Deployed, request: dict[str, Any]) -> dict[str, Any]:
    """A request of our script, with its files and its script put where it says."""
    bundle = bundle_of_ours(ROOT / "training_scripts" / "xgboost")
    stack.put(bundle.key, bundle.body)
    for channel in request["InputDataConfig"]:
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        stack.put(uri.removeprefix(f"s3://{BUCKET}/"), CSV)
    place = json.dumps(f"s3://{BUCKET}/{bundle.key}")
    return {**request, "HyperParameters": {**request["HyperParameters"], "sagemaker_submit_directory": place}}


def _request(
    stack: Deployed, name: str, target: str = "species", rounds: int = 2, seconds: int | None = None
) -> dict[str, Any]:
    bundle = bundle_of_ours(ROOT / "training_scripts" / "xgboost")
    key = f"inputs/{name}/train/flowers.csv"
    stack.put(bundle.key, bundle.body)
    stack.put(key, CSV)
    role = boto3.client("iam").get_role(RoleName=stack.resource("TrainingRole"))["Role"]["Arn"]
    job = replace(a_job(), run=name, bucket=BUCKET, train_key=key, test_key=None, bundle_key=bundle.key)
    config = TrainingConfig(target=target, hyperparameters={"num_round": rounds})
    request = training_job_request(replace(job, role_arn=role, target=target), config)
    return request | ({"StoppingCondition": {"MaxRuntimeInSeconds": seconds}} if seconds else {})
