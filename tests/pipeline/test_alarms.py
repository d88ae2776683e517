"""The alarms and the dashboard in the deployed stack.

The local CloudWatch evaluates no alarm on several metrics and reads no metrics from log lines: that an alarm goes off
is not tried here.
"""

import json

import boto3
from tests.contract.template import TEMPLATE, resources
from tests.pipeline.pipeline import Pipeline


def test_every_alarm_is_there_and_goes_to_the_topic_of_alarms(pipeline: Pipeline) -> None:
    found = boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{pipeline.stack.name}-")["MetricAlarms"]
    # Without MaxMonthlyCostUsd there are none for it.
    expected = {name for name in resources("AWS::CloudWatch::Alarm") if "Condition" not in TEMPLATE["Resources"][name]}
    assert {alarm["AlarmName"] for alarm in found} == {pipeline.resource(name) for name in expected}
    assert {action for alarm in found for action in alarm["AlarmActions"]} == {pipeline.resource("Alarms")}


def test_the_dashboard_names_what_is_deployed(pipeline: Pipeline) -> None:
    body = boto3.client("cloudwatch").get_dashboard(DashboardName=pipeline.resource("Dashboard"))["DashboardBody"]
    assert len(json.loads(body)["widgets"]) == 10
    assert "${" not in body
    for function in ("Launcher", "Dispatcher", "Evaluator", "Notifier"):
        assert f'"{pipeline.resource(function)}"' in body
