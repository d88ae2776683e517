"""The stack's dead-letter queue: reading it without losing anything, and putting events back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from traindrop import aws
from traindrop.aws import error_code
from traindrop.events import MessageToWebhook
from traindrop.ledger import Ledger
from traindrop.redriving import Letter, NotUnderstood, read_letter, reopen
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack

# Nobody else sees a letter that is being handled; one whose handling dies comes back after this.
_HIDDEN_SECONDS = 300


@dataclass(frozen=True)
class DeadLetter:
    """One message of the queue: what it asks for, or why that cannot be told (`not_understood`)."""

    id: str
    receipt: str
    letters: list[Letter]
    not_understood: str | None = None


class DeadLetterQueue:
    """Raises `CommandError` where the stack has no such queue."""

    def __init__(self, stack: Stack) -> None:
        if stack.dead_letter_queue is None:
            raise CommandError(f"The stack {stack.name} has no output DeadLetterQueue. Deploy it anew.")
        self._url = stack.dead_letter_queue
        self._stack = stack
        self._sqs = boto3.client("sqs")
        self._functions: Any = boto3.client("lambda")
        self._held: dict[str, DeadLetter] = {}

    @contextmanager
    def taken(self) -> Iterator[list[DeadLetter]]:
        """Everything that waits in the queue; what has not been deleted by the end of the block waits on."""
        try:
            self._held |= {letter.id: letter for letter in self._received()}
            yield list(self._held.values())
        finally:
            for letter in self._held.values():
                with suppress(self._sqs.exceptions.MessageNotInflight):  # visible again by itself
                    self._sqs.change_message_visibility(
                        QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
                    )
            self._held.clear()

    def in_other_hands(self) -> int:
        """How many letters someone else is handling just now. Approximate."""
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessagesNotVisible"])

    def put_back(self, found: DeadLetter) -> list[str]:
        """Re-open what the failures ended, invoke the functions again, and only then delete the letter.

        A crash in between repeats it and loses nothing. The names of the runs that were ended by the failures.
        Raises `NotUnderstood` where a function is not there any more; the letter stays.
        """
        reopened: list[str] = []
        for letter in found.letters:
            if letter.is_worth_repeating:
                reopened += reopen(letter, Ledger(self._stack.table))
                self._invoke(letter)
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=found.receipt)
        del self._held[found.id]
        return reopened

    def _received(self) -> Iterator[DeadLetter]:
        # Long polling asks all of the queue's servers; an empty answer to it means empty.
        wait = 0 if self._stack.is_local else 2
        while messages := self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_SECONDS, WaitTimeSeconds=wait,
            MessageAttributeNames=["All"],
        ).get("Messages"):  # fmt: skip
            for message in messages:
                yield self._dead_letter(message)

    def _dead_letter(self, message: Any) -> DeadLetter:
        attributes = {
            name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()
        }
        which = message["MessageId"], message["ReceiptHandle"]
        try:
            letters = read_letter(message["Body"], attributes)
        except NotUnderstood as error:
            return DeadLetter(*which, [], str(error))
        foreign = [letter.function for letter in letters if not letter.function.startswith(f"{self._stack.name}-")]
        if foreign:
            return DeadLetter(*which, [], f"{foreign[0]} is no function of the stack {self._stack.name}")
        return DeadLetter(*which, letters)

    def _invoke(self, letter: Letter) -> None:
        if isinstance(letter.event, MessageToWebhook):
            aws.emit_message(self._stack.name, letter.event.detail)
            return
        payload = json.dumps(letter.payload).encode()
        try:
            self._functions.invoke(FunctionName=letter.function, InvocationType="Event", Payload=payload)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            raise NotUnderstood(f"there is no function {letter.function} any more") from error
