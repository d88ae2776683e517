"""What the person may do of what the commands do, by IAM's own simulation: nothing is tried, nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import ClientError

from traindrop.aws import LOG_GROUP, error_code
from traindrop.ledger import BY_DATASET
from traindrop_cli.checkup import Checked, NotKnown, Wrong, checked, may_not_ask
from traindrop_cli.stack import Stack


@dataclass(frozen=True)
class _Need:
    commands: str
    actions: tuple[str, ...]
    resource: str


def permission_checks(stack: Stack, caller: str, region: str) -> Iterator[Checked]:
    """One for each thing that a person does; `caller` is the ARN that STS knows them by."""
    for need in _needs(stack, caller, region):
        yield checked(f"may {need.commands}", partial(_simulated, need, caller))


def _needs(stack: Stack, caller: str, region: str) -> list[_Need]:
    partition, account = caller.split(":")[1], caller.split(":")[4]
    bucket, here = f"arn:{partition}:s3:::{stack.bucket}", f"{region}:{account}"
    table = f"arn:{partition}:dynamodb:{here}:table/{stack.table}"
    return [
        _Need("drop", ("s3:PutObject",), f"{bucket}/datasets/a-dataset/train/a.csv"),
        _Need("fetch results", ("s3:GetObject",), f"{bucket}/runs/a-run/evaluation.json"),
        _Need("list runs", ("dynamodb:GetItem", "dynamodb:Scan"), table),
        _Need("list runs of a dataset", ("dynamodb:Query",), f"{table}/index/{BY_DATASET}"),
        _Need(
            "see the trials of a tuning",
            ("sagemaker:DescribeHyperParameterTuningJob", "sagemaker:ListTrainingJobsForHyperParameterTuningJob"),
            f"arn:{partition}:sagemaker:{here}:hyper-parameter-tuning-job/{stack.name}-a-run",
        ),
        _Need("stop and rerun", ("events:PutEvents",), f"arn:{partition}:events:{here}:event-bus/default"),
        _Need(
            "read logs", ("logs:GetLogEvents",), f"arn:{partition}:logs:{here}:log-group:{LOG_GROUP}:log-stream:a-run"
        ),
    ]


def _simulated(need: _Need, caller: str) -> str:
    if caller.endswith(":root"):
        return "the account's root user may do everything"
    try:
        answer: Any = boto3.client("iam").simulate_principal_policy(
            PolicySourceArn=_policy_source(caller), ActionNames=list(need.actions), ResourceArns=[need.resource]
        )
    except ClientError as error:
        if not may_not_ask(error) and error_code(error) != "NoSuchEntity":
            raise
        raise NotKnown(f"IAM was asked and does not tell: {error}") from error
    denied = [result for result in answer["EvaluationResults"] if result["EvalDecision"] != "allowed"]
    if not denied:
        return f"{', '.join(need.actions)} allowed"
    actions = ", ".join(result["EvalActionName"] for result in denied)
    if any(result.get("MissingContextValues") for result in denied):
        raise NotKnown(f"{actions} is allowed under conditions that only the call itself meets or does not")
    raise Wrong(
        f"{actions} on {need.resource} is refused to {caller}. Have it allowed by a policy of yours; a policy of the "
        "bucket alone is not seen here."
    )


def _policy_source(caller: str) -> str:
    """The user or role whose policies hold: of a session of a role that is the role, path and all."""
    *_, resource = caller.split(":")
    if not resource.startswith("assumed-role/"):
        return caller
    role = resource.split("/")[1]
    try:
        return str(boto3.client("iam").get_role(RoleName=role)["Role"]["Arn"])
    except ClientError as error:
        if not may_not_ask(error):
            raise
        partition, account = caller.split(":")[1], caller.split(":")[4]
        return f"arn:{partition}:iam::{account}:role/{role}"
