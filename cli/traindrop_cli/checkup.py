"""One question about an installation, and what came of it: in order, what is wrong and how to mend it, or not known."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from traindrop.aws import error_code
from traindrop_cli.errors import CommandError


class State(StrEnum):
    OK = "ok"
    WRONG = "wrong"
    # It may not be asked, or nobody answers: no fault by itself.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Checked:
    name: str
    state: State
    text: str


class Wrong(Exception):
    """What is wrong, and how to mend it."""


class NotKnown(Exception):
    """Why nobody can tell."""


def checked(name: str, ask: Callable[[], str]) -> Checked:
    """`ask` gives what was found, or raises `Wrong`, `NotKnown` or an error of AWS's."""
    try:
        return Checked(name, State.OK, ask())
    except NotKnown as error:
        return Checked(name, State.UNKNOWN, str(error))
    except ClientError as error:
        state = State.UNKNOWN if may_not_ask(error) else State.WRONG
        return Checked(name, state, str(error))
    except (Wrong, CommandError, BotoCoreError) as error:
        return Checked(name, State.WRONG, str(error))


def may_not_ask(error: ClientError) -> bool:
    """Whether AWS refused the question: services name it AccessDenied, AccessDeniedException, AuthorizationError."""
    return error_code(error).startswith(("AccessDenied", "Authorization", "UnauthorizedOperation"))
