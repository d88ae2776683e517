"""What both SDKs need here: a session that has every call to AWS end before it is sent, with what would be sent."""

import json
import socket
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
import jsonschema

CONFIG = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


class Sent(Exception):
    """Raised in place of a call, once botocore has found its parameters valid and has written it out."""

    def __init__(self, operation: str, body: bytes) -> None:
        super().__init__(operation)
        self.operation = operation
        self.body = body


@cache
def session_of(sdk_session: Callable[..., Any], region: str) -> Any:
    """A session of the SDK in a region, with its default bucket: else it would ask for that, and make it."""
    boto = boto3.Session(region_name=region)
    boto.events.register("before-call", _end_the_call)
    session = sdk_session(boto, sagemaker_config=CONFIG)
    session._default_bucket = f"sagemaker-{region}-123456789012"
    return session


def recorded(train: Callable[[], object], operation: str = "CreateTrainingJob") -> dict[str, Any]:
    """The request of that operation that `train` sends."""
    try:
        train()
    except Sent as sent:
        if sent.operation != operation:
            raise
        found: dict[str, Any] = json.loads(sent.body)
        return found
    raise RuntimeError("the SDK sent nothing")


def prepare() -> None:
    """From here on no host's address is found, whatever the SDK tries beside its calls to AWS.

    Nor does it check its own settings at every look at them, which would take minutes.
    """
    socket.getaddrinfo = _no_network
    jsonschema.validate = _unchecked


def _end_the_call(model: Any, params: Mapping[str, Any], **_: object) -> None:
    raise Sent(model.name, params["body"])


def _unchecked(*_: object, **__: object) -> None:
    return None


def _no_network(*_: object, **__: object) -> Any:
    raise RuntimeError("the SDK asked for the network")
