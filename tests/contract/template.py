"""template.yaml as the tests of contracts look at it: with the stack's name and bucket filled in."""

import json
from typing import Any

from tests.conftest import ROOT

from traindrop_cli.local.template import read_template

STACK = "traindrop"
# What the samples in events/ name.
BUCKET = "traindrop-dropbucket-1a2b3c4d"
TEMPLATE = read_template(ROOT / "template.yaml")
TRAINING_ROLE = "arn:aws:iam::111122223333:role/traindrop-TrainingRole-1A2B3C4D5E6F"
_NAMES = {"BucketName.Value": BUCKET, "AWS::StackName": STACK, "TrainingRole.Arn": TRAINING_ROLE}


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Properties of every resource of a type, by logical name."""
    found = TEMPLATE["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


FUNCTIONS = resources("AWS::Serverless::Function")


def rules() -> dict[str, dict[str, Any]]:
    """Properties of every EventBridge rule, by `<function>.<event>`."""
    return {
        f"{function}.{name}": event["Properties"]
        for function, properties in FUNCTIONS.items()
        for name, event in properties.get("Events", {}).items()
        if event["Type"] == "EventBridgeRule"
    }


def filled_in(value: Any) -> Any:
    """`value` with the stack's name and bucket filled in. Raises KeyError for any other name."""
    if isinstance(value, dict):
        if value.keys() == {"Ref"}:
            return _NAMES[value["Ref"]]
        if value.keys() == {"Fn::GetAtt"}:
            return _NAMES[".".join(value["Fn::GetAtt"])]
        if value.keys() == {"Fn::Sub"}:
            return _substituted(value["Fn::Sub"])
        return {key: filled_in(part) for key, part in value.items()}
    return [filled_in(part) for part in value] if isinstance(value, list) else value


def _substituted(text: str) -> str:
    for name, found in _NAMES.items():
        text = text.replace(f"${{{name}}}", found)
    if "${" in text:
        raise KeyError(text)
    return text


def pattern_of(rule: str) -> str:
    """The rule's event pattern as EventBridge gets it."""
    return json.dumps(filled_in(rules()[rule]["Pattern"]))
