"""Whether an event comes from where it has to: this account, this stack or AWS itself, the stack's own bucket.

The rules of template.yaml let nothing else in. This holds for whoever invokes a function directly, too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter, ValidationError

from traindrop.errors import Foreign
from traindrop.events import (
    FailureNotice,
    InvocationFailed,
    ObjectCreated,
    OnTheBus,
    S3Notification,
    Scheduled,
    TrainingJobStateChange,
    TrainingRequest,
    TuningJobStateChange,
    TuningRequest,
)
from traindrop.logs import log
from traindrop.settings import Settings

_Event = TypeVar("_Event")
_Uploads = ObjectCreated | S3Notification
_UPLOADS: TypeAdapter[_Uploads] = TypeAdapter(_Uploads)
Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


@dataclass(frozen=True)
class Home:
    """Where events have to come from."""

    account: str
    stack: str
    bucket: str


def read_own(kind: TypeAdapter[_Event], event: dict[str, Any], context: LambdaContext, settings: Settings) -> _Event:
    """The event as its model. The function's own ARN says which account it is in.

    Raises `pydantic.ValidationError` for what is none of `kind`, and `Foreign` for one that is not from here.
    """
    found = kind.validate_python(event)
    account = context.invoked_function_arn.split(":")[4]
    if doubts := dict.fromkeys(doubts_about(found, Home(account, settings.stack, settings.bucket))):
        raise Foreign("; ".join(doubts))
    return found


def refuse_foreign(handler: Handler) -> Handler:
    """A handler that takes a foreign event for done, with a line in its log that says why.

    Not an error: Lambda would try it twice more, and then tell the person of it.
    """

    @wraps(handler)
    def refusing(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            return handler(event, context)
        except Foreign as error:
            log().warning("refused a foreign event", extra={"why": str(error)})
            return {"refused": str(error)}

    return refusing


def doubts_about(event: object, home: Home) -> Iterator[str]:
    """Why an event that was read is none of this stack's, a sentence each; nothing where it is."""
    if isinstance(event, OnTheBus):
        yield from _unless_equal("account", event.account, home.account)
        yield from _unless_from(event, home)
    if isinstance(event, ObjectCreated | S3Notification):
        for upload in event.uploads():
            yield from _unless_equal("bucket", upload.bucket, home.bucket)
    if isinstance(event, TrainingRequest):
        yield from _unless_equal("account", event.account, home.account)
        yield from _unless_named_after("training job", event.training_job_name, home)
    if isinstance(event, TuningRequest):
        yield from _unless_equal("account", event.account, home.account)
        yield from _unless_named_after("tuning job", event.hyper_parameter_tuning_job_name, home)
    if isinstance(event, InvocationFailed):
        yield from _unless_of_the_stack(event, home)
    if isinstance(event, FailureNotice):
        for failure in event.failures():
            yield from _unless_of_the_stack(failure, home)


def _unless_equal(what: str, found: str, expected: str) -> Iterator[str]:
    if found != expected:
        yield f"the event is of {what} {found[:100]!r}; this stack's is {expected!r}"


def _unless_named_after(what: str, name: str, home: Home) -> Iterator[str]:
    if not name.startswith(f"{home.stack}-"):
        yield f"the {what} is {name[:100]!r}, which is none of the stack {home.stack!r}"


def _unless_from(event: OnTheBus, home: Home) -> Iterator[str]:
    sources = {f"traindrop.{home.stack}"}
    if isinstance(event, TrainingJobStateChange | TuningJobStateChange):
        sources.add("aws.sagemaker")
    if isinstance(event, ObjectCreated | Scheduled):
        return  # their models take AWS's own source and no other
    if event.source not in sources:
        yield f"the event is of source {event.source[:100]!r}; expected {' or '.join(sorted(sources))}"


def _unless_of_the_stack(failure: InvocationFailed, home: Home) -> Iterator[str]:
    yield from _unless_equal("account", failure.account, home.account)
    if not failure.function.startswith(f"{home.stack}-"):
        yield f"the failure is of function {failure.function[:100]!r}, which is none of the stack {home.stack!r}"
    try:
        yield from doubts_about(_UPLOADS.validate_python(failure.request_payload), home)
    except ValidationError:
        return  # it is about something else, which the ledger has to know
