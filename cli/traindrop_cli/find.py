"""The stack that a command is about, when the person does not spell it out."""

from traindrop_cli.local_stack import running
from traindrop_cli.stack import DEFAULT_STACK, Stack, connect, point_at


def find_stack(name: str | None) -> Stack:
    """The deployed stack of that name; without one the local AWS if it runs, else the stack `traindrop` in AWS.

    Raises `CommandError` where there is none.
    """
    local = running()
    if name is None and local is not None:
        point_at(local.endpoint_url)
        return connect(local.stack, local.endpoint_url)
    return connect(name or DEFAULT_STACK)
