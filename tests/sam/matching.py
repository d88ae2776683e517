"""Which function each event of events/ would start, by the rules, subscriptions and schedules of template.yaml."""

import json
import re
from typing import Any

from moto.events.models import EventPattern
from tests.conftest import ROOT
from tests.contract.template import FUNCTIONS, pattern_of, rules

# A bucket's own notification: whoever cannot switch EventBridge on wires it to the launcher by hand.
_BY_HAND = {"s3_notification": "Launcher"}
# The launcher and the dispatcher invoke them.
_CARRY_OUT = {name for name, properties in FUNCTIONS.items() if properties["CodeUri"] == "functions/trainer"}
_TUNES = "Tuner"
_GIVEN_UP_TO = {
    destination["Destination"]["Fn::GetAtt"][0]
    for destination in (each["EventInvokeConfig"]["DestinationConfig"]["OnFailure"] for each in FUNCTIONS.values())
    if destination["Type"] == "Lambda"
}
# Of the ARN that Lambda's runtime interface emulator gives every function that it runs (awslambda/… in its sources).
_EMULATED = "012345678912"
# Those of the samples.
_ACCOUNT = re.compile("123456789012|111122223333")


def sent_to_emulator(event: dict[str, Any]) -> dict[str, Any]:
    """The event as one of the account in which the emulator says that the function is: those of others are refused."""
    found: dict[str, Any] = json.loads(_ACCOUNT.sub(_EMULATED, json.dumps(event)))
    return found


def read_event(name: str) -> dict[str, Any]:
    """A real event of AWS, of ours, or of EventBridge's scheduler."""
    found: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    return found


def pairs() -> list[tuple[str, str]]:
    """Each function with the name of each event that starts it."""
    names = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
    return [(function, name) for function in FUNCTIONS for name in names if _starts(name, function)]


def _starts(name: str, function: str) -> bool:
    event = read_event(name)
    if "TrainingJobName" in event:
        return function in _CARRY_OUT
    if "HyperParameterTuningJobName" in event:
        return function == _TUNES
    if "requestContext" in event:  # a record of Lambda's: it goes where the function that gave up says
        return function in _GIVEN_UP_TO
    kinds = {source["Type"] for source in FUNCTIONS[function].get("Events", {}).values()}
    if "Records" in event:
        return _BY_HAND.get(name) == function or (
            event["Records"][0].get("EventSource") == "aws:sns" and "SNS" in kinds
        )
    if event["source"] == "aws.events":
        return "Schedule" in kinds
    of_function = [rule for rule in rules() if rule.startswith(f"{function}.")]
    return any(EventPattern.load(pattern_of(rule)).matches_event(event) for rule in of_function)
