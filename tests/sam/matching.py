"""Which function each event of events/ would start, by the rules, subscriptions and schedules of template.yaml."""

import json
from typing import Any

from moto.events.models import EventPattern
from tests.conftest import ROOT
from tests.contract.template import FUNCTIONS, pattern_of, rules

# A bucket's own notification: whoever cannot switch EventBridge on wires it to the launcher by hand.
_BY_HAND = {"s3_notification": "Launcher"}


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
    kinds = {source["Type"] for source in FUNCTIONS[function]["Events"].values()}
    if "Records" in event:
        return _BY_HAND.get(name) == function or (
            event["Records"][0].get("EventSource") == "aws:sns" and "SNS" in kinds
        )
    if event["source"] == "aws.events":
        return "Schedule" in kinds
    of_function = [rule for rule in rules() if rule.startswith(f"{function}.")]
    return any(EventPattern.load(pattern_of(rule)).matches_event(event) for rule in of_function)
