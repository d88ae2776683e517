"""The deployed pipeline as a person sees it: drop a file, look at its run, read the messages."""

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError
from tests.waiting import wait_for

from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.local_stack import read_inbox
from traindrop_cli.stack import Stack

FEW_ROUNDS = {"num_round": 5}


@dataclass(frozen=True)
class Message:
    subject: str
    body: str
    dataset: str
    outcome: str


@dataclass(frozen=True)
class Pipeline:
    """One deployed stack; `inbox` keeps every message that its subscriber ever got."""

    stack: Stack
    inbox: list[Message] = field(default_factory=list)

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

    def told(self, dataset: str, *, runs: int = 1) -> list[Run]:
        """The dataset's runs, once that many are there and all have had their message."""

        def look() -> list[Run] | None:
            found = self.runs(dataset)
            return found if len(found) >= runs and all(run.notified_at for run in found) else None

        return wait_for(look)

    def messages(self, dataset: str) -> list[Message]:
        """All messages about a dataset so far."""
        for envelope in read_inbox():
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
        """The lines of a function's log that hold `text`."""
        logs = boto3.client("logs")
        group = f"/aws/lambda/{self.resource(function)}"
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"] if text in event["message"]]

    def wait_until_idle(self, function: str) -> None:
        """Wait until each invocation of a function that began has ended."""
        wait_for(lambda: len(self.log(function, "START RequestId")) == len(self.log(function, "END RequestId")))


def labelled(rows: int = 60) -> bytes:
    """Two numbers and the label that they decide."""
    lines = [f"{n % 7}.5,{n % 5},{'rose' if n % 7 > 3 else 'tulip'}" for n in range(rows)]
    return "\n".join(["length,width,label", *lines, ""]).encode()
