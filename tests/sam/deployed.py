"""template.yaml in a local AWS where nothing happens by itself: what an invocation brings about is its own doing."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from tests.builders import a_run
from tests.conftest import ROOT
from tests.contract.template import BUCKET, STACK
from tests.pipeline.pipeline import AT_SAGEMAKER

from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.deploy import deploy
from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_stack import read_inbox, subscribe_inbox
from traindrop_cli.stack import point_at

# The run that the events in events/ are about.
RUN = "traindrop-titanic-0123456789ab"


@dataclass(frozen=True)
class Deployed:
    """One stack. All methods need this process's AWS clients pointed at it."""

    endpoint_url: str
    outputs: Mapping[str, str]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.outputs["Table"])

    def variables_of(self, function: str) -> dict[str, str]:
        """The environment variables of a function as CloudFormation set them, and credentials of its own role."""
        name = self.resource(function)
        found = boto3.client("lambda").get_function_configuration(FunctionName=name)
        session = _session_of(found["Role"], function)
        return {
            **found["Environment"]["Variables"],
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def put(self, key: str, body: bytes) -> dict[str, Any]:
        """Upload an object; what an event says of it."""
        answer = boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        return {"key": key, "size": len(body), "etag": answer["ETag"].strip('"'), "version-id": answer["VersionId"]}

    def read(self, key: str) -> bytes:
        return boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def record(self, **fields: Any) -> Run:
        """Put a run into the ledger, by default the one that the events are about."""
        defaults = {"run": RUN, "dataset": "titanic", "key": "datasets/titanic/train/titanic train+1.csv"}
        run = a_run(**(defaults | {"bucket": BUCKET, "instance_type": "ml.m5.large", "target": "species"} | fields))
        assert self.ledger.accept(run, f"upload of {run.run}", run.created_at)
        return run

    def messages(self) -> list[str]:
        """The bodies of the messages since the last call."""
        return [envelope["Message"] for envelope in read_inbox()]

    def jobs(self) -> set[str]:
        """The names of all training jobs that there ever were: a page has the newest ten only."""
        pages = boto3.client("sagemaker").get_paginator("list_training_jobs").paginate()
        return {job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]}

    def resource(self, name: str) -> str:
        """The physical name of a resource of template.yaml."""
        found = boto3.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=name)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def forget_runs(self) -> None:
        """Empty the ledger, the inbox and the bucket's datasets, for the next test."""
        table = boto3.resource("dynamodb").Table(self.outputs["Table"])
        for item in table.scan()["Items"]:
            table.delete_item(Key={"run": item["run"]})
        boto3.resource("s3").Bucket(BUCKET).objects.filter(Prefix="datasets/").delete()
        self.messages()


@contextmanager
def start(host: str) -> Iterator[Deployed]:
    """A local AWS at an address, with the stack that the events in events/ name."""
    # One at a time: that a launched job exists is enough here, and those that still wait in the end are never trained.
    settings = LocalSettings(host=host, concurrent_jobs=1, stop_grace=1)
    with LocalAws.start(settings) as aws:
        point_at(aws.endpoint_url)
        _make_bucket()
        outputs = deploy(aws.endpoint_url, ROOT / "template.yaml", STACK, {"ExistingBucket": BUCKET, **AT_SAGEMAKER})
        _disable_rules()
        subscribe_inbox(outputs["Topic"])
        yield Deployed(aws.endpoint_url, outputs)
    aws.log_file.unlink(missing_ok=True)


def _session_of(role: str, function: str) -> Mapping[str, Any]:
    """Credentials of a function's role, which trusts Lambda alone. Here that is us: it is made to trust the account."""
    trusted = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    boto3.client("iam").update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=trust)
    credentials: Mapping[str, Any] = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName=function)[
        "Credentials"
    ]
    return credentials


def _make_bucket() -> None:
    """Versioned as the stack's own would be; it tells EventBridge nothing."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def _disable_rules() -> None:
    events = boto3.client("events")
    for rule in events.list_rules()["Rules"]:
        events.disable_rule(Name=rule["Name"])
