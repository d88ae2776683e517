"""More asynchronous events at once than a function has environments: they wait, and each is handled once."""

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


def test_a_function_has_so_many_environments_at_the_most_and_further_events_wait(aws: LocalAws, tmp_path: Path) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", HANDLER)
    functions = client(aws, "lambda")
    functions.create_function(
        FunctionName="slow", Runtime="python3.13", Handler="app.handler", Code={"ZipFile": package.getvalue()},
        Role=make_role(aws, "slow", ["logs:*"], trust),
    )  # fmt: skip
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
