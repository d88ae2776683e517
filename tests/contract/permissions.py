"""Who may do what by template.yaml, once SAM has made of it what CloudFormation gets."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from samtranslator.translator.transform import transform
from tests.conftest import ROOT
from tests.contract.template import TEMPLATE

from traindrop_cli.local.template import packaged

Statement = dict[str, Any]
# By the type of a resource: where its policy stands that says who else may use it.
_POLICY_OF = {
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}


class _NoManagedPolicies:
    """SAM would ask IAM for the names of managed policies. There are none here."""

    def load(self) -> dict[str, str]:
        return {}


@cache
def translated() -> dict[str, dict[str, Any]]:
    """Every resource that CloudFormation gets, by logical name."""
    template, _ = packaged(TEMPLATE, ROOT, "artifacts")
    found: dict[str, dict[str, Any]] = transform(copy.deepcopy(template), {}, _NoManagedPolicies())["Resources"]
    return found


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Properties of every resource of a type, by logical name."""
    return {name: each.get("Properties", {}) for name, each in translated().items() if each["Type"] == kind}


def grants() -> Iterator[tuple[str, Statement]]:
    """Each statement of each role's own policies, with the role's name, and of each policy that roles share."""
    for role, properties in of_type("AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in alternatives(policy["PolicyDocument"]["Statement"]):
                yield role, statement
    for name, policy in of_type("AWS::IAM::ManagedPolicy").items():
        for statement in alternatives(policy["PolicyDocument"]["Statement"]):
            yield name, statement


def resource_policies() -> Iterator[tuple[str, Statement]]:
    """Each statement that says who may use a resource, with the resource's name."""
    for kind, policy in _POLICY_OF.items():
        for name, properties in of_type(kind).items():
            for statement in alternatives(properties[policy]["Statement"]):
                yield name, statement


def alternatives(values: Any) -> Iterator[Any]:
    """The values of a list, or the one; of a condition's both sides."""
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, dict) and value.keys() == {"Fn::If"}:
            yield from alternatives(value["Fn::If"][1:])
        elif value != {"Ref": "AWS::NoValue"}:
            yield value


def texts(value: Any) -> Iterator[str]:
    """Every text in a value: what it refers to, and its parts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
