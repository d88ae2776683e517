"""What goes wrong: how often by chance, or at one named place."""

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from botocore.exceptions import ClientError, ReadTimeoutError

Fault = Literal["crash before", "crash after", "throttled", "failed", "no answer", "done but failed", "done, no answer"]

# What the code sees after botocore has retried in vain.
_THROTTLED = {
    "dynamodb": ("ThrottlingException", "Throughput exceeds the current capacity of your table or index."),
    "s3": ("SlowDown", "Please reduce your request rate."),
    "sagemaker": ("ThrottlingException", "Rate exceeded"),
    "events": ("ThrottlingException", "Rate exceeded"),
    "sns": ("Throttling", "Rate exceeded"),
    "logs": ("ThrottlingException", "Rate exceeded"),
    "lambda": ("TooManyRequestsException", "Rate exceeded"),
}
_FAILED = {
    "dynamodb": "InternalServerError", "s3": "InternalError", "sagemaker": "InternalFailure",
    "events": "InternalException", "sns": "InternalError", "logs": "ServiceUnavailableException",
    "lambda": "ServiceException",
}  # fmt: skip


class Crash(BaseException):
    """The function's process is gone: nothing in it catches this."""


@dataclass(frozen=True)
class Rates:
    """Shares from 0 to 1: of calls, of deliveries, of ticks."""

    crash: float = 0.0
    error: float = 0.0
    slow: float = 0.0
    lag: float = 0.0
    duplicate: float = 0.0
    drop: float = 0.0
    late: float = 0.0
    no_tick: float = 0.0


CALM = Rates()


@dataclass(frozen=True)
class CrashPoint:
    """Before or after the `call`-th call of the `invocation`-th invocation, both counted from 0."""

    invocation: int
    call: int
    after: bool


_ERRORS: tuple[Fault, ...] = ("throttled", "throttled", "failed", "no answer", "done but failed", "done, no answer")


def by_chance(rates: Rates, rng: Random) -> Fault | None:
    drawn = rng.random()
    if drawn < rates.crash:
        return rng.choice(("crash before", "crash after"))
    if drawn < rates.crash + rates.error:
        return rng.choice(_ERRORS)
    return None


def error_of(fault: Fault, service: str, operation: str) -> Exception:
    """The exception that the caller sees."""
    if "no answer" in fault:
        return ReadTimeoutError(endpoint_url=f"https://{service}.us-east-1.amazonaws.com/")
    code, message = _THROTTLED[service] if fault == "throttled" else (_FAILED[service], "An internal error occurred.")
    response: Any = {"Error": {"Code": code, "Message": message}}
    return ClientError(response, operation)
