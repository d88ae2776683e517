"""The deployed functions as template.yaml describes them: handlers, time-outs, rules, what follows a failure."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from moto.events.models import EventPattern
from tests.builders import ACCOUNT
from tests.conftest import ROOT
from tests.contract.template import FUNCTIONS, TEMPLATE, pattern_of, rules

_DEFAULT_TIMEOUT = TEMPLATE["Globals"]["Function"]["Timeout"]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Function:
    """`gives_up_to`: "SNS", the topic of failures, "SQS", the dead-letter queue, or the name of a function; pauses in
    seconds."""

    name: str
    handler: Handler
    timeout: float
    gives_up_to: str
    # Lambda's own pauses before it tries an asynchronous event again.
    pauses: tuple[float, ...]


_PAUSES = (60.0, 120.0)


@cache
def functions() -> dict[str, Function]:
    return {name: _function(name) for name in FUNCTIONS}


def _function(name: str) -> Function:
    properties = FUNCTIONS[name]
    path = ROOT / properties["CodeUri"] / "app.py"
    spec = importlib.util.spec_from_file_location(f"simulated_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    invoke = properties["EventInvokeConfig"]
    destination = invoke["DestinationConfig"]["OnFailure"]
    kind = destination["Type"]
    return Function(
        name=name,
        handler=module.lambda_handler,
        timeout=float(properties.get("Timeout", _DEFAULT_TIMEOUT)),
        gives_up_to=kind if kind != "Lambda" else destination["Destination"]["Fn::GetAtt"][0],
        pauses=_PAUSES[: invoke.get("MaximumRetryAttempts", 2)],
    )


@cache
def _patterns() -> dict[str, EventPattern]:
    return {rule: EventPattern.load(pattern_of(rule)) for rule in rules()}


def targets(event: dict[str, Any]) -> list[str]:
    """The functions whose rules take the event."""
    return [rule.split(".")[0] for rule, pattern in _patterns().items() if pattern.matches_event(event)]


def told_of_failures() -> list[str]:
    """The functions that subscribe to the topic of failures."""
    return [
        name
        for name, properties in FUNCTIONS.items()
        if any(event["Type"] == "SNS" for event in properties.get("Events", {}).values())
    ]


def failure_record(function: str, payload: dict[str, Any], error: dict[str, str]) -> str:
    """What Lambda sends to an on-failure destination."""
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:traindrop-{function}-AbCdEf123456:$LATEST"
    return json.dumps(
        {
            "version": "1.0",
            "requestContext": {"functionArn": arn, "condition": "RetriesExhausted", "approximateInvokeCount": 3},
            "requestPayload": payload,
            "responsePayload": error,
        }
    )
