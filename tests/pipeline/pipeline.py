"""The deployed pipeline as a person sees it: drop a file, look at its run, read the messages."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from tests.waiting import wait_for

from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.local_note import Running
from traindrop_cli.local_stack import INBOX, read_inbox
from traindrop_cli.stack import Stack

FEW_ROUNDS = {"num_round": 5}
# Far more than any test waits for.
ENDLESS = {"num_round": 100_000}
# Of this instance type the local account has one.
ONLY_ONE = "ml.c5.xlarge"
NONE_AT_ALL = "ml.p3.2xlarge"
# Parameters of a stack whose small data trains at SageMaker too, unless the config wants it in Lambda (test_lambda.py).
AT_SAGEMAKER = {"AutoInLambda": "false"}
# The name of a test's own session of a role.
TRIED = "tried-by-a-test"


@dataclass(frozen=True)
class Message:
    subject: str
    body: str
    dataset: str
    outcome: str


@dataclass(frozen=True)
class Pipeline:
    """One deployed stack; `inbox` keeps every message that its subscriber ever got, `home` is the command line's.

    `grants` is the file of the permissions that allowed a request (`traindrop_cli.local.grants`).
    """

    stack: Stack
    home: Path
    grants: Path = Path(os.devnull)
    inbox: list[Message] = field(default_factory=list)
    inbox_name: str = INBOX

    def drop(self, dataset: str, csv: bytes, file: str = "data.csv", **config: Any) -> None:
        """Upload a CSV; with `config` its training.yaml first, as its own, undeclared upload."""
        if config:
            self.configure(dataset, **config)
        self.put(f"datasets/{dataset}/train/{file}", csv)

    def configure(self, dataset: str, **config: Any) -> None:
        # JSON is YAML.
        self.put(f"datasets/{dataset}/training.yaml", json.dumps(config).encode())

    def put(self, key: str, body: bytes) -> None:
        boto3.client("s3").put_object(Bucket=self.stack.bucket, Key=key, Body=body)

    def read(self, key: str) -> bytes | None:
        """An object's bytes; None where there is none."""
        s3 = boto3.client("s3")
        try:
            return s3.get_object(Bucket=self.stack.bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None

    def runs(self, dataset: str) -> list[Run]:
        """Newest first."""
        return list(Ledger(self.stack.table).runs(dataset))

    def told(self, dataset: str, *, runs: int = 1, seconds: float = 90) -> list[Run]:
        """The dataset's runs, once that many are there and all have had their message."""

        def look() -> list[Run] | None:
            found = self.runs(dataset)
            return found if len(found) >= runs and all(run.notified_at for run in found) else None

        return wait_for(look, seconds)

    def messages(self, dataset: str) -> list[Message]:
        """All messages about a dataset so far."""
        for envelope in read_inbox(self.inbox_name):
            attributes = {name: each["Value"] for name, each in envelope.get("MessageAttributes", {}).items()}
            self.inbox.append(
                Message(
                    subject=envelope["Subject"],
                    body=envelope["Message"],
                    dataset=attributes.get("dataset", ""),
                    outcome=attributes["outcome"],
                )
            )
        return [message for message in self.inbox if message.dataset == dataset]

    def message(self, dataset: str) -> Message:
        """The one message about a dataset, once it is there."""
        (found,) = wait_for(lambda: self.messages(dataset))
        return found

    def in_training(self, dataset: str) -> Run:
        """The dataset's newest run, once its script has begun to train."""

        def look() -> Run | None:
            run = next(iter(self.runs(dataset)), None)
            job = self.job(run.job) if run else None
            return run if job and job["SecondaryStatus"] == "Training" else None

        return wait_for(look)

    def waiting(self, dataset: str) -> Run:
        """The dataset's newest run, once it stands in the line and it is known what for."""

        def look() -> Run | None:
            run = next(iter(self.runs(dataset)), None)
            return run if run and run.status is Status.WAITING and run.waits_for else None

        return wait_for(look)

    @contextmanager
    def denied(self, function: str, action: str) -> Iterator[None]:
        """Takes an action away from a function's role, for the length of a block: so it breaks down."""
        iam = boto3.client("iam")
        role = self.resource(f"{function}Role")
        statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=policy)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="denied")

    @contextmanager
    def assumed(self, role: str) -> Iterator[boto3.Session]:
        """A session with the credentials of one of the template's roles, which trusts the account for that moment."""
        iam, name = boto3.client("iam"), self.resource(role)
        found = iam.get_role(RoleName=name)["Role"]
        trust: Any = found["AssumeRolePolicyDocument"]
        account = f"arn:aws:iam::{found['Arn'].split(':')[4]}:root"
        more = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
        widened = json.dumps({**trust, "Statement": [*trust["Statement"], more]})
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=widened)
        try:
            assumed = boto3.client("sts").assume_role(RoleArn=found["Arn"], RoleSessionName=TRIED)["Credentials"]
            yield boto3.Session(assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])
        finally:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))

    def traindrop(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        """Call the command line on this stack, with nobody to answer its questions."""
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors, errors
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def note(self) -> None:
        """As `traindrop local up` does, for the command line to find the local AWS."""
        stack = self.stack
        noted = Running(
            stack.endpoint_url or "", os.getpid(), stack.name, os.devnull, stack.bucket, stack.table,
            stack.dead_letter_queue,
        )  # fmt: skip
        (self.home / "local.json").write_text(json.dumps(asdict(noted)), "utf-8")

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start the command line on this stack, as on a laptop where `traindrop local up` runs."""
        self.note()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.Popen(  # noqa: S603 - our own
            [str(Path(sys.executable).with_name("traindrop")), *map(str, arguments)],
            env=environment | {"TRAINDROP_HOME": str(self.home), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def job(self, run: str) -> dict[str, Any] | None:
        """The training job of that name as SageMaker describes it; None where there is none."""
        sagemaker = boto3.client("sagemaker")
        try:
            found: Any = sagemaker.describe_training_job(TrainingJobName=run)
        except ClientError as error:
            if "not found" not in str(error):
                raise
            return None
        return dict(found)

    def dead_letters(self) -> list[dict[str, Any]]:
        """What waits in the dead-letter queue, taken out of it."""
        sqs = boto3.client("sqs")
        queue = self.output("DeadLetterQueue")
        found = []
        while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def output(self, name: str) -> str:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=self.stack.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}[name]

    def resource(self, name: str) -> str:
        """The physical name of a resource of template.yaml."""
        cloudformation = boto3.client("cloudformation")
        found = cloudformation.describe_stack_resource(StackName=self.stack.name, LogicalResourceId=name)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def log(self, function: str, text: str) -> list[str]:
        """The lines of a function's log that hold `text`; none where it never ran."""
        logs = boto3.client("logs")
        group = self.resource(f"{function}Log")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        try:
            return [event["message"] for page in pages for event in page["events"] if text in event["message"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    def wait_until_idle(self, function: str) -> None:
        """Wait until each invocation of a function that began has ended."""
        wait_for(lambda: len(self.log(function, "START RequestId")) == len(self.log(function, "END RequestId")))


def labelled(rows: int = 60) -> bytes:
    """Two numbers and the label that they decide."""
    lines = [f"{n % 7}.5,{n % 5},{'rose' if n % 7 > 3 else 'tulip'}" for n in range(rows)]
    return "\n".join(["length,width,label", *lines, ""]).encode()
