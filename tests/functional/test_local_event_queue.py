"""Asynchronous events: more at once than a function has environments wait; what one gives up on, another hears of."""

import io
import json
import zipfile
from pathlib import Path

from tests.functional.local_fixtures.aws import client, make_role
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

HANDLER = """
import os, time

def handler(event, context):
    time.sleep(0.1)
    with open(event["file"], "a") as file:  # one write: lines of several processes do not mix
        file.write(f"{event['number']} {os.getpid()}\\n")
"""
EVENTS = 12


FAILING = """
def handler(event, context):
    raise RuntimeError("no")
"""
# Fails at the first of its tries.
HEARING = """
import json, os

def handler(record, context):
    if not os.path.exists(record["requestPayload"]["file"] + ".tried"):
        open(record["requestPayload"]["file"] + ".tried", "w").close()
        raise RuntimeError("not yet")
    with open(record["requestPayload"]["file"], "w") as file:
        json.dump(record, file)
"""


def make_function(local: LocalAws, name: str, code: str) -> str:
    """A function of the given handler; its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", code)
    made = client(local, "lambda").create_function(
        FunctionName=name, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": package.getvalue()},
        Role=make_role(local, name, ["logs:*", "lambda:InvokeFunction"], trust),
    )  # fmt: skip
    return str(made["FunctionArn"])


def test_a_function_hears_of_another_that_gave_up_and_is_tried_again_where_it_fails_itself(
    aws: LocalAws, tmp_path: Path
) -> None:
    hearing = make_function(aws, "hearing", HEARING)
    failing = make_function(aws, "failing", FAILING)
    functions = client(aws, "lambda")
    functions.put_function_event_invoke_config(
        FunctionName="failing", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": hearing}}
    )
    file = tmp_path / "heard"
    event = {"file": str(file)}
    functions.invoke(FunctionName="failing", InvocationType="Event", Payload=json.dumps(event))
    record = json.loads(wait_for(lambda: file.read_text("utf-8") if file.exists() else None))
    assert record["requestPayload"] == event
    assert record["requestContext"]["functionArn"] == failing
    assert record["responsePayload"]["errorMessage"] == "no"


def test_a_function_has_so_many_environments_at_the_most_and_further_events_wait(aws: LocalAws, tmp_path: Path) -> None:
    make_function(aws, "slow", HANDLER)
    functions = client(aws, "lambda")
    file = tmp_path / "handled"
    for number in range(EVENTS):
        payload = json.dumps({"number": number, "file": str(file)})
        functions.invoke(FunctionName="slow", InvocationType="Event", Payload=payload)

    def handled() -> list[list[str]] | None:
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return lines if len(lines) >= EVENTS else None

    lines = wait_for(handled)
    assert sorted(int(number) for number, *_ in lines) == list(range(EVENTS))
    assert len({process for _, process in lines}) == 2
