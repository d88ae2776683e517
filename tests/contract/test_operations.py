"""Alarms, dashboard and runbook: each alarm reaches somebody, looks at a metric that there is, and has its page."""

import json
import re
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.contract.template import FUNCTIONS, TEMPLATE, resources

from traindrop.measuring import DIMENSION, NAMESPACE, UNITS
from traindrop_cli.main import app

ALARMS = resources("AWS::CloudWatch::Alarm")
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")
# AWS's own metrics, by namespace: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
OF_AWS = {
    "AWS/Lambda": {"Errors", "Throttles", "Invocations", "Duration"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
}


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
    alarm = ALARMS[name]
    if alarm["Namespace"] == NAMESPACE:
        assert alarm["MetricName"] in UNITS
        assert alarm["Dimensions"] == [{"Name": DIMENSION, "Value": {"Ref": "AWS::StackName"}}]
    else:
        assert alarm["MetricName"] in OF_AWS[alarm["Namespace"]]


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_errors_and_throttles_of_every_function_raise_an_alarm(metric: str) -> None:
    watched = {alarm["Dimensions"][0]["Value"]["Ref"] for alarm in ALARMS.values() if alarm["MetricName"] == metric}
    assert watched == FUNCTIONS.keys()


def test_every_queue_has_an_alarm() -> None:
    dimensions = [each for alarm in ALARMS.values() for each in alarm["Dimensions"]]
    queues = {each["Value"]["Fn::GetAtt"][0] for each in dimensions if each["Name"] == "QueueName"}
    assert queues == resources("AWS::SQS::Queue").keys()


def test_every_alarm_has_its_page_in_the_runbook_and_every_page_an_alarm() -> None:
    pages = re.findall(r"^### (.+)$", RUNBOOK, re.MULTILINE)
    assert {name for page in pages for name in page.split(", ")} == ALARMS.keys()


def test_every_command_of_the_runbook_is_one() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert set(re.findall(r"^traindrop (\w+)", RUNBOOK, re.MULTILINE)) <= commands


def test_the_dashboard_shows_metrics_and_alarms_that_there_are() -> None:
    shown = json.dumps(dashboard())
    named = {metric[1] for widget in dashboard()["widgets"] for metric in widget["properties"].get("metrics", ())
             if len(metric) > 1 and isinstance(metric[1], str)}  # fmt: skip
    assert named - FUNCTIONS.keys() <= UNITS.keys() | set().union(*OF_AWS.values())
    assert all(f"{alarm}.Arn" in shown for alarm in ALARMS if "Condition" not in TEMPLATE["Resources"][alarm])
    assert all(f'"{function}"' in shown and f"{function}Log" in shown for function in FUNCTIONS)


def test_every_metric_is_on_the_dashboard_or_raises_an_alarm() -> None:
    watched = {alarm["MetricName"] for alarm in ALARMS.values()}
    shown = json.dumps(dashboard())
    assert {name for name in UNITS if f'"{name}"' not in shown} <= watched


def test_every_function_is_traced_and_logs_json() -> None:
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == "Active"
    assert {function["LoggingConfig"]["LogFormat"] for function in FUNCTIONS.values()} == {"JSON"}
