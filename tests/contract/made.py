"""template.yaml as CloudFormation makes a stack of it: after the SAM transform, for given parameters."""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.conftest import ROOT
from tests.scan.translated import decided, outcome, translated

KEY = "arn:aws:kms:us-east-1:111122223333:key/1a2b3c4d-0000-0000-0000-000000000000"
# Each option in use but a bucket that exists already, without which there would be none to look at.
OPTIONS = {
    "KmsKeyArn": KEY,
    "TrainingSubnets": "subnet-0a1b2c3d,subnet-1a1b2c3d",
    "TrainingSecurityGroups": "sg-0a1b2c3d",
    "NetworkIsolation": "true",
    "KeepRunsForDays": "90",
    "NotificationEmail": "someone@example.com",
    "MaxMonthlyCostUsd": "100",
}


@cache
def _template() -> dict[str, Any]:
    return translated(ROOT / "template.yaml")


def made(given: Mapping[str, str]) -> dict[str, Any]:
    """The template with its conditions decided by `given`, and by the defaults of all other parameters.

    What refers to a parameter still does. Raises KeyError for a parameter that there is not.
    """
    template = copy.deepcopy(_template())
    for name, value in given.items():
        template["Parameters"][name]["Default"] = value
    return decided(template, {name: outcome(each, template) for name, each in template["Conditions"].items()})


def assertion_holds(assertion: Any, given: Mapping[str, list[str]]) -> bool:
    """Whether an assertion of the template's Rules holds; a list that is not given is one empty text.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
    """
    ((function, operands),) = assertion.items()
    if function == "Fn::EachMemberEquals":
        members, value = operands
        return all(member == value for member in given[members["Ref"]])
    outcomes = [assertion_holds(operand, given) for operand in operands]
    return {"Fn::Not": not outcomes[0], "Fn::And": all(outcomes), "Fn::Or": any(outcomes)}[function]
