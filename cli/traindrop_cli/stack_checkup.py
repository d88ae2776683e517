"""Whether the parts of a stack are there and as they should be: bucket, ledger, dead-letter queue."""

from collections.abc import Callable, Iterator
from functools import partial

import boto3

from traindrop.ledger import Ledger
from traindrop_cli.bucket import fault_of_events, fault_of_versions
from traindrop_cli.checkup import Checked, NotKnown, Wrong, checked
from traindrop_cli.stack import Stack


def status_of(name: str) -> str:
    """Of the stack in CloudFormation. Raises `Wrong` where its last deployment failed."""
    status = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    if status.endswith("FAILED") or status.startswith("DELETE") or status == "ROLLBACK_COMPLETE":
        raise Wrong(
            f"{name} is {status}. The events of the stack in the CloudFormation console say why; then deploy it again: "
            "sam build && sam deploy"
        )
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return f"{name}, {status}: its last update failed, and the version before it works on"
    return f"{name}, {status}"


def checks_of(stack: Stack) -> Iterator[Checked]:
    """Each part's; none stops those after it."""
    yield checked(
        "bucket versions", partial(_without, partial(fault_of_versions, stack.bucket), "every version is kept")
    )
    yield checked(
        "bucket events", partial(_without, partial(fault_of_events, stack.bucket), "EventBridge hears of uploads")
    )
    yield checked("ledger", partial(_ledger, stack.table))
    yield checked("dead letters", partial(_dead_letters, stack))


def _without(fault_of: Callable[[], str | None], otherwise: str) -> str:
    if (fault := fault_of()) is not None:
        raise Wrong(fault)
    return otherwise


def _ledger(table: str) -> str:
    """Asked as the other commands ask it: by key, and by index."""
    ledger = Ledger(table)
    ledger.get("a-run-that-is-not-there")
    waiting = len(ledger.waiting())
    return f"{table} answers; {waiting} {'run waits' if waiting == 1 else 'runs wait'} in the line"


def _dead_letters(stack: Stack) -> str:
    if stack.dead_letter_queue is None:
        raise NotKnown(f"The stack {stack.name} has no output DeadLetterQueue. Deploy it anew.")
    attributes = boto3.client("sqs").get_queue_attributes(
        QueueUrl=stack.dead_letter_queue,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    count = sum(map(int, attributes.values()))
    if count:
        raise Wrong(
            f"{count} {'event waits' if count == 1 else 'events wait'} that no function could process. "
            "`traindrop redrive --dry-run` lists them; after what broke was mended `traindrop redrive` puts them back."
        )
    return "none wait"
