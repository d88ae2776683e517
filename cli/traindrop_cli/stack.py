"""Which traindrop a command talks to: a deployed stack, or the local AWS."""

import os
from dataclasses import dataclass

from traindrop_cli.errors import CommandError
from traindrop_cli.local_note import Running

DEFAULT_STACK = "traindrop"
# What MiniStack takes for its root user; any program may be pointed at it with these.
LOCAL_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Stack:
    """A deployed stack. `endpoint_url` is None for the real AWS; `dead_letter_queue` is a URL."""

    name: str
    bucket: str
    table: str
    endpoint_url: str | None = None
    dead_letter_queue: str | None = None

    @property
    def is_local(self) -> bool:
        return self.endpoint_url is not None

    @property
    def where(self) -> str:
        return f"the local AWS at {self.endpoint_url}" if self.is_local else f"the stack {self.name} in AWS"


def point_at(endpoint_url: str) -> None:
    """Make every AWS client of this process talk to a local AWS, with its credentials and no one else's."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(
        LOCAL_CREDENTIALS, AWS_ENDPOINT_URL=endpoint_url, AWS_REGION=LOCAL_CREDENTIALS["AWS_DEFAULT_REGION"]
    )


def noted_stack(noted: Running) -> Stack:
    """That of a local AWS that was left running; from now on every AWS client of this process talks to it."""
    point_at(noted.endpoint_url)
    return Stack(noted.stack, noted.bucket, noted.table, noted.endpoint_url, noted.dead_letter_queue)


def connect(name: str, endpoint_url: str | None = None) -> Stack:
    """Look up a stack's outputs. Raises `CommandError` where there is no such stack, or no way to ask."""
    # What is local is noted, and has no need of an SDK that takes longer to import than the command may take.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"The stack {name} cannot be found: {error}\n"
            "Start a local AWS with `traindrop local up`, use `--local`, or deploy with `sam build && sam deploy "
            "--guided` and name the stack with --stack or TRAINDROP_STACK."
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if not {"Bucket", "Table"} <= outputs.keys():
        raise CommandError(f"The stack {name} is none of traindrop's: it has no output Bucket and Table.")
    return Stack(name, outputs["Bucket"], outputs["Table"], endpoint_url, outputs.get("DeadLetterQueue"))
