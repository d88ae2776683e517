"""What runs cost in calls: the functions' invocations, and the AWS calls that they made."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

FUNCTIONS = ("Launcher", "Dispatcher", "Evaluator", "Notifier")
# The last line that Lambda itself writes of an invocation.
_REPORT = re.compile(r"^REPORT RequestId: .*\tDuration: (?P<milliseconds>[\d.]+) ms")


@dataclass(frozen=True)
class Invocations:
    """How often a function was invoked, and how many milliseconds each took."""

    function: str
    milliseconds: list[float]


def invocations(stack: str) -> list[Invocations]:
    """Of each function of the stack so far, by the reports in its log."""
    cloudformation, logs = boto3.client("cloudformation"), boto3.client("logs")
    found = []
    for function in FUNCTIONS:
        resource = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=f"{function}Log")
        group = resource["StackResourceDetail"]["PhysicalResourceId"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern="REPORT")
        reports = (_REPORT.match(event["message"]) for page in pages for event in page["events"])
        found.append(Invocations(function, [float(each["milliseconds"]) for each in reports if each]))
    return found


def calls_of_functions(calls: Iterable[Mapping[str, Any]], stack: str) -> dict[str, Counter[str]]:
    """`service.operation` and its number, by function; of what `traindrop_cli.local.calls` wrote.

    What SageMaker called for a training, and what the benchmark called itself, is left out.
    """
    found: dict[str, Counter[str]] = {function: Counter() for function in FUNCTIONS}
    for each in calls:
        # A function's physical name: <stack>-<logical name>-<suffix>.
        name = str(each["caller"]).removeprefix(f"{stack}-").partition("-")[0]
        if name in found:
            found[name][f"{each['service']}.{each['operation']}"] += each["calls"]
    return found
