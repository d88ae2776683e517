"""An account of moto's with what template.yaml makes: bucket, ledger, topic, and a queue that hears all events."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.models.dynamo_type import DynamoType
from tests.builders import ACCOUNT
from tests.clients import forget_clients

from traindrop import aws, clock, ledger
from traindrop.ledger import Ledger
from traindrop.run import Run

STACK = "traindrop"
BUCKET = "traindrop-dropbucket-1a2b3c4d"
TABLE = "traindrop-Runs-1A2B3C4D5E6F"
ROLE = "arn:aws:iam::111122223333:role/traindrop-TrainingRole-1A2B3C4D5E6F"


@dataclass(frozen=True)
class Account:
    """What a test looks at in the account."""

    topic: str
    events_queue: str
    mail_queue: str

    @property
    def ledger(self) -> Ledger:
        return Ledger(TABLE)

    def put(self, key: str, body: bytes, **more: Any) -> dict[str, Any]:
        """Upload an object; the "Object Created" event that EventBridge would deliver for it."""
        s3 = boto3.client("s3")
        answer = s3.put_object(Bucket=BUCKET, Key=key, Body=body, **more)
        head = s3.head_object(Bucket=BUCKET, Key=key)
        found = {
            "key": key,
            "size": head["ContentLength"],
            "etag": head["ETag"].strip('"'),
            "version-id": answer["VersionId"],
            "sequencer": "00617F08299329D189",
        }
        return {
            "source": "aws.s3",
            "detail-type": "Object Created",
            "account": ACCOUNT,
            "time": "2026-11-12T00:00:00Z",
            "detail": {"bucket": {"name": BUCKET}, "object": found},
        }

    def jobs(self) -> list[str]:
        found = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
        return [job["TrainingJobName"] for job in found]

    def events(self) -> list[dict[str, Any]]:
        """The events of ours since the last call, with their account, which moto leaves out."""
        return [{"account": ACCOUNT, **json.loads(body)} for body in self._drain(self.events_queue)]

    def mails(self) -> list[tuple[str, str]]:
        """Subject and body of the messages since the last call."""
        envelopes = [json.loads(body) for body in self._drain(self.mail_queue)]
        return [(found["Subject"], found["Message"]) for found in envelopes]

    def runs(self) -> list[Run]:
        return list(self.ledger.runs())

    @staticmethod
    def _drain(queue: str) -> Iterator[str]:
        sqs = boto3.client("sqs")
        while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                yield message["Body"]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(DynamoType, "__add__", _sum)
    with mock_aws():
        forget_clients()
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        _make_table()
        topic = boto3.client("sns").create_topic(Name="messages")["TopicArn"]
        events_queue, events_arn = _queue("events")
        mail_queue, mail_arn = _queue("mail")
        boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=mail_arn)
        events = boto3.client("events")
        events.put_rule(Name="ours", EventPattern=json.dumps({"source": [f"traindrop.{STACK}"]}))
        events.put_targets(Rule="ours", Targets=[{"Id": "queue", "Arn": events_arn}])
        boto3.client("logs").create_log_group(logGroupName=aws.LOG_GROUP)
        environment = {
            "STACK": STACK,
            "TABLE": TABLE,
            "BUCKET": BUCKET,
            "STACK_ID": "arn:aws:cloudformation:us-east-1:123456789012:stack/traindrop/0f1e2d3c",
            "TRAINING_ROLE_ARN": ROLE,
            "KMS_KEY_ARN": "",
            "TRAINING_SUBNETS": "",
            "TRAINING_SECURITY_GROUPS": "",
            "NETWORK_ISOLATION": "false",
            "AUTO_IN_LAMBDA": "false",
            "TRAINING_SCRIPTS": "training_scripts",
            "OWNER": "research",
            "MAX_CONCURRENT_JOBS": "10",
            "MAX_MONTHLY_COST_USD": "0",
            "TRAINER": f"{STACK}-Trainer",
            "LARGE_TRAINER": f"{STACK}-LargeTrainer",
            "TUNER": f"{STACK}-Tuner",
            "TOPIC_ARN": topic,
            "DEAD_LETTER_QUEUE": "traindrop-DeadLetters",
            "MODEL_APPROVAL": "PendingManualApproval",
            "LINK_ROLE_ARN": "arn:aws:iam::123456789012:role/traindrop-LinkRole-1A2B3C4D5E6F",
            "CHAT_TOPIC_ARN": "",
            "WEBHOOK_KEY_ARN": "",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Account(topic, events_queue, mail_queue)
    forget_clients()


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that was written to standard output, standard error and the loggers since the last call."""
    caplog.set_level(logging.INFO)

    def read() -> str:
        out, err = capsys.readouterr()
        text = caplog.text
        caplog.clear()
        return out + err + text

    return read


def _sum(one: DynamoType, other: DynamoType) -> DynamoType:
    """As DynamoDB adds up. moto's own reads no exponent, and its sum of amounts that cancel out has one: 0E-12."""
    return DynamoType({"N": f"{Decimal(one.value) + Decimal(other.value):f}"})


def _queue(name: str) -> tuple[str, str]:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _make_table() -> None:
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("run", "dataset", "created_at", "stage", "turn")
        ],
        KeySchema=[{"AttributeName": "run", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": ledger.BY_DATASET,
                "KeySchema": [
                    {"AttributeName": "dataset", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": ledger.BY_STAGE,
                "KeySchema": [
                    {"AttributeName": "stage", "KeyType": "HASH"},
                    {"AttributeName": "turn", "KeyType": "RANGE"},
                ],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": ["created_at", "instance_type", "waits_for", "not_before"],
                },
            },
        ],
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets time pass: `later(minutes=3)`."""
    passed = timedelta()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + passed

    def let_pass(**time: float) -> None:
        nonlocal passed
        passed += timedelta(**time)

    monkeypatch.setattr(clock, "datetime", Clock)
    return let_pass
