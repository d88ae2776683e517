"""traindrop deployed into a local AWS: started, found again, ended; with a subscriber whose inbox can be read."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from traindrop_cli.errors import CommandError
from traindrop_cli.local.client import LocalAws, LocalAwsError
from traindrop_cli.local.deploy import DeployError, deploy
from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_note import Running, forget, is_alive, note, running, state_folder
from traindrop_cli.stack import DEFAULT_STACK, Stack, connect, noted_stack, point_at

INBOX = "traindrop-inbox"
_END_SECONDS = 10.0


def start_in_background(port: int) -> Running:
    """Start a local AWS that outlives this process, with traindrop in it. Raises `CommandError`."""
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    aws = _start(LocalSettings(port=port), folder / "local.log", outlive_parent=True)
    try:
        stack = _deploy(aws, {})
    except BaseException:
        aws.stop()
        raise
    started = Running(
        aws.endpoint_url, aws.process.pid, stack.name, str(aws.log_file), stack.bucket, stack.table,
        stack.dead_letter_queue,
    )  # fmt: skip
    note(started)
    return started


def end(noted: Running) -> None:
    """End it, with all the processes that it started."""
    os.killpg(noted.pid, signal.SIGTERM)
    give_up = time.monotonic() + _END_SECONDS
    while is_alive(noted.pid):
        if time.monotonic() > give_up:
            os.killpg(noted.pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    forget()


@contextmanager
def own_local_stack(
    console: Console, settings: LocalSettings | None = None, parameters: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """A local AWS for this command alone, on a free port; it ends with the block, or with this process.

    `parameters` of template.yaml; of those that are not given, the defaults.
    """
    with console.status("Starting a local AWS and deploying template.yaml into it …"):
        aws = _start(settings or LocalSettings(), None, outlive_parent=False)
        try:
            stack = _deploy(aws, parameters or {})
        except BaseException:
            aws.stop()
            raise
    console.print(f"Local AWS at {aws.endpoint_url}, stack {stack.name}, bucket {stack.bucket}", soft_wrap=True)
    with aws:
        yield stack
    # Where the block failed, its log may tell why.
    aws.log_file.unlink(missing_ok=True)


@contextmanager
def borrowed_local_stack(console: Console) -> Iterator[Stack]:
    """The local AWS that runs, or one of this command's own."""
    noted = running()
    if noted is None:
        with own_local_stack(console) as stack:
            yield stack
        console.print("This local AWS has ended with the command. --keep DIR keeps a run; `traindrop local up` stays.")
        return
    yield noted_stack(noted)


def _start(settings: LocalSettings, log_file: Path | None, *, outlive_parent: bool) -> LocalAws:
    try:
        return LocalAws.start(settings, log_file=log_file, outlive_parent=outlive_parent)
    except LocalAwsError as error:
        raise CommandError(str(error)) from error


def _deploy(aws: LocalAws, parameters: Mapping[str, str]) -> Stack:
    """Deploy the template that AWS gets too, and subscribe an inbox to its messages."""
    point_at(aws.endpoint_url)
    root = repository()
    given = {"TrainingScripts": str(root / "training_scripts"), **parameters}
    try:
        outputs = deploy(aws.endpoint_url, root / "template.yaml", DEFAULT_STACK, given)
    except DeployError as error:
        raise CommandError(str(error)) from error
    subscribe_inbox(outputs["Topic"])
    return connect(DEFAULT_STACK, aws.endpoint_url)


def repository() -> Path:
    """The folder of template.yaml; the command line is run from a checkout of traindrop."""
    root = Path(__file__).parents[2]
    if not (root / "template.yaml").is_file():
        raise CommandError(f"{root} holds no template.yaml. Run traindrop from a checkout (make demo).")
    return root


def subscribe_inbox(topic: str, name: str = INBOX) -> None:
    """Make a queue of that name, and subscribe it to the topic."""
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)


def read_inbox(name: str = INBOX) -> list[dict[str, Any]]:
    """What the subscriber got and was not read before: SNS's own envelopes, with Subject and Message."""
    sqs = boto3.client("sqs")
    queue = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found: list[dict[str, Any]] = []
    while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found
