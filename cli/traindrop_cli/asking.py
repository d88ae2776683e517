"""What a person asks of the stack: an event on the bus, which the stack's own functions carry out."""

import getpass
import json

import boto3
from pydantic import BaseModel

from traindrop import aws
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack


def ask(stack: Stack, detail_type: str, detail: BaseModel) -> None:
    """Put an event of the stack's own source on the bus. Raises `CommandError` where EventBridge did not take it."""
    entry = {"Source": f"traindrop.{stack.name}", "DetailType": detail_type, "Detail": detail.model_dump_json()}
    answer = aws.client("events").put_events(Entries=[entry])  # type: ignore[list-item]  # a literal of the stubs
    if answer["FailedEntryCount"]:
        raise CommandError(f"EventBridge did not take the event {detail_type}: {json.dumps(answer['Entries'])}")


def who_asks(stack: Stack) -> str:
    """The ARN of the caller; on a laptop's own AWS, where all are root, the name of the user."""
    if stack.is_local:
        return getpass.getuser()
    return str(boto3.client("sts").get_caller_identity()["Arn"])
