"""Alarms, dashboard and runbook: each alarm reaches somebody, looks at a metric that there is, and has its page."""

import json
import re
import shlex
from collections import Counter
from typing import Any

import pytest
import typer
from tests.conftest import ROOT
from tests.contract.template import FUNCTIONS, TEMPLATE, resources

from traindrop.measuring import DIMENSION, NAMESPACE, UNITS
from traindrop_cli.main import app

ALARMS = resources("AWS::CloudWatch::Alarm")
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")
# AWS's own metrics, by namespace: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
OF_AWS = {
    "AWS/Lambda": {"Errors", "Throttles", "Invocations", "Duration", "DestinationDeliveryFailures"},
    "AWS/Events": {"FailedInvocations"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
}


def metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that an alarm looks at, by itself or through metric math."""
    return (
        [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
        if "Metrics" in alarm
        else [alarm]
    )


def watched(metric: str, dimension: str) -> set[str]:
    """Of which functions, rules or queues any alarm looks at a metric, by logical name."""
    found = [each for alarm in ALARMS.values() for each in metrics(alarm) if each["MetricName"] == metric]
    values = [each["Value"] for one in found for each in one["Dimensions"] if each["Name"] == dimension]
    return {value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0] for value in values}


def dashboard() -> dict[str, Any]:
    """With names in place of what CloudFormation fills in."""
    body = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    found: dict[str, Any] = json.loads(re.sub(r"\$\{([^}]*)\}", r"\1", body))
    return found


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_goes_to_the_topic_of_alarms_and_says_what_is_wrong(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "Alarms"}]
    assert ALARMS[name]["AlarmDescription"].endswith(".")


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_looks_at_metrics_that_there_are(name: str) -> None:
    for metric in metrics(ALARMS[name]):
        if metric["Namespace"] == NAMESPACE:
            assert metric["MetricName"] in UNITS
            assert metric["Dimensions"] == [{"Name": DIMENSION, "Value": {"Ref": "AWS::StackName"}}]
        else:
            assert metric["MetricName"] in OF_AWS[metric["Namespace"]]


@pytest.mark.parametrize("name", [name for name, alarm in ALARMS.items() if "Metrics" in alarm])
def test_an_alarm_on_several_metrics_uses_each_and_no_more_than_cloudwatch_allows(name: str) -> None:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
    assert len(metrics(ALARMS[name])) <= 10
    (expression,) = [each["Expression"] for each in ALARMS[name]["Metrics"] if each.get("ReturnData", True)]
    ids = {each["Id"] for each in ALARMS[name]["Metrics"] if "MetricStat" in each}
    assert "METRICS()" in expression or ids == set(re.findall(r"\b[a-z]\w+", expression))


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "DestinationDeliveryFailures"])
def test_what_goes_wrong_with_any_function_raises_an_alarm(metric: str) -> None:
    assert watched(metric, "FunctionName") == FUNCTIONS.keys()


def test_what_any_rule_could_not_deliver_raises_an_alarm() -> None:
    rules = {
        f"{function}{event}"
        for function, properties in FUNCTIONS.items()
        for event, each in properties.get("Events", {}).items()
        if each["Type"] in {"EventBridgeRule", "Schedule"}
    }
    assert watched("FailedInvocations", "RuleName") == rules | resources("AWS::Events::Rule").keys()


def test_the_alarm_on_slow_functions_knows_their_time_outs() -> None:
    (expression,) = (each["Expression"] for each in ALARMS["SlowFunctionsAlarm"]["Metrics"] if "Expression" in each)
    seconds = {name.title(): int(number) for name, number in re.findall(r"(\w+) / (\d+)", expression)}
    assert seconds == {name: FUNCTIONS[name]["Timeout"] for name in seconds}
    assert seconds.keys() == watched("Duration", "FunctionName")


def test_every_queue_has_an_alarm() -> None:
    assert watched("ApproximateNumberOfMessagesVisible", "QueueName") == resources("AWS::SQS::Queue").keys()


def test_every_alarm_has_its_page_in_the_runbook_and_every_page_an_alarm() -> None:
    pages = re.findall(r"^### (.+)$", RUNBOOK, re.MULTILINE)
    assert {name for page in pages for name in page.split(", ")} == ALARMS.keys()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^traindrop (.+)$", RUNBOOK, re.MULTILINE))))
def test_every_command_of_the_runbook_can_be_typed(line: str) -> None:
    group: Any = typer.main.get_command(app)
    name, *arguments = shlex.split(line, comments=True)
    group.commands[name].make_context(name, arguments)  # raises where it knows no such option


def test_the_runbook_says_how_many_metrics_are_billed() -> None:
    counts: Counter[str | None] = Counter()
    for name, alarm in ALARMS.items():
        counts[TEMPLATE["Resources"][name].get("Condition")] += len(metrics(alarm))
    for count in (len(UNITS), counts[None]):
        assert f"{count} here" in RUNBOOK
    assert f"{counts['HasCeiling']} more with `MaxMonthlyCostUsd`" in RUNBOOK
    assert f"{counts['HasWebhook']} more with `WebhookUrl`" in RUNBOOK


def test_the_dashboard_shows_metrics_and_alarms_that_there_are() -> None:
    shown = json.dumps(dashboard())
    named = {metric[1] for widget in dashboard()["widgets"] for metric in widget["properties"].get("metrics", ())
             if len(metric) > 1 and isinstance(metric[1], str)}  # fmt: skip
    assert named - FUNCTIONS.keys() <= UNITS.keys() | set().union(*OF_AWS.values())
    assert all(f"{alarm}.Arn" in shown for alarm in ALARMS if "Condition" not in TEMPLATE["Resources"][alarm])
    assert all(f'"{function}"' in shown and f"{function}Log" in shown for function in FUNCTIONS)


def test_every_metric_is_on_the_dashboard_or_raises_an_alarm() -> None:
    raising = {metric["MetricName"] for alarm in ALARMS.values() for metric in metrics(alarm)}
    shown = json.dumps(dashboard())
    assert {name for name in UNITS if f'"{name}"' not in shown} <= raising


def test_every_function_is_traced_and_logs_json() -> None:
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == "Active"
    assert {function["LoggingConfig"]["LogFormat"] for function in FUNCTIONS.values()} == {"JSON"}
