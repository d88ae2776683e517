"""What was to be expected ends every command with one message and an exit status, and never with a traceback."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.clients import forget_clients
from tests.functional.conftest import BUCKET, TABLE

from traindrop_cli import find
from traindrop_cli.main import run
from traindrop_cli.reference.commands import every_command
from traindrop_cli.stack import Stack

Capture = pytest.CaptureFixture[str]

# How each command is called that asks AWS for something; `a.csv` and `new` are files that are there, and are not.
CALLS = {
    "drop": ["a.csv", "--target", "y"],
    "plan": ["s3://bucket/datasets/a/train/a.csv"],
    "runs": [],
    "show": ["a-run"],
    "logs": ["a-run"],
    "report": ["a-run", "--no-open"],
    "model": ["a-run"],
    "predict": ["a.csv", "--run", "a-run", "--output", "new"],
    "compare": ["a-run", "b-run"],
    "leaderboard": ["--dataset", "a"],
    "rerun": ["a-run"],
    "stop": ["a-run", "--yes"],
    "redrive": [],
    "prices": ["--refresh"],
    "local messages": [],
}
# These ask AWS nothing, or tell what is wrong in their own way (doctor), or have tests of their own (ui).
OTHERS = {"init", "doctor", "demo", "ui", "local up", "local down", "local status"}
ABOUT_A_RUN = {"show", "logs", "report", "model", "predict", "compare", "rerun", "stop"}
EVERY = {name for name, _ in every_command()}


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a.csv, where no local AWS runs and nobody is logged in."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "TRAINDROP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRAINDROP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("x,y\n1,0\n2,1\n" * 20, "utf-8")
    forget_clients()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield
    forget_clients()


@pytest.fixture
def in_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def logged_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone who finds a stack `traindrop` in the account."""
    for name in ("in_region", "account"):
        request.getfixturevalue(name)
    queue = "https://sqs.us-east-1.amazonaws.com/111122223333/queue"
    monkeypatch.setattr(find, "connect", lambda name: Stack(name, BUCKET, TABLE, None, queue))


def message(capsys: Capture) -> str:
    """What standard error holds: one message, without a traceback."""
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert told.count("traindrop: ") >= 1
    return told


def test_every_command_is_tried_here_or_has_a_reason_not_to_be() -> None:
    assert CALLS.keys() == EVERY - OTHERS


@pytest.mark.parametrize("command", sorted(CALLS))
def test_without_a_region_it_is_said_what_to_do(command: str, capsys: Capture) -> None:
    assert run([*command.split(), *CALLS[command]]) == 3
    told = message(capsys)
    assert "region" in told or "traindrop local up" in told


@pytest.mark.usefixtures("in_region")
@pytest.mark.parametrize("command", sorted(CALLS.keys() - {"local messages"}))
def test_without_credentials_it_is_said(command: str, capsys: Capture) -> None:
    assert run([*command.split(), *CALLS[command]]) == 3
    assert "credentials" in message(capsys)


@pytest.mark.usefixtures("in_region")
@pytest.mark.parametrize("command", sorted(CALLS.keys() - {"local messages", "prices"}))
def test_a_stack_that_is_not_there_is_named(command: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINDROP_STACK", "nowhere")
    assert run([*command.split(), *CALLS[command]]) == 3
    assert "The stack nowhere cannot be found" in message(capsys)


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize("command", sorted(ABOUT_A_RUN))
def test_a_run_that_is_not_there_is_named(command: str, capsys: Capture) -> None:
    assert run([command, *CALLS[command]]) == 3
    assert "There is no run a-run in the stack traindrop in AWS. `traindrop runs` lists them." in message(capsys)


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize("command", sorted(CALLS.keys() - {"local messages", "prices"}))
def test_what_aws_refuses_is_said_in_its_own_words(
    command: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object, operation: str, __: object) -> None:
        words = f"User: someone is not authorized to perform: {operation}"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": words}}, operation)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    assert run([*command.split(), *CALLS[command]]) == 3
    assert "not authorized to perform" in message(capsys)


@pytest.mark.parametrize("command", sorted(EVERY - {"ui"}))
def test_an_option_that_there_is_not_is_a_wrong_call(command: str, capsys: Capture) -> None:
    assert run([*command.split(), "--no-such-option"]) == 3
    assert f"`traindrop {command} --help` lists what it takes" in message(capsys)


@pytest.mark.parametrize("command", sorted(EVERY))
def test_help_is_no_error(command: str, capsys: Capture) -> None:
    assert run([*command.split(), "--help"]) == 0
    assert f"Usage: traindrop {command}" in capsys.readouterr().out.replace("pytest", "traindrop")


def test_without_a_command_the_help_is_shown(capsys: Capture) -> None:
    assert run([]) == 0
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize("name", ["../up", "-x", "a/b", "a\x1b[2J"])
def test_a_dataset_that_would_be_rejected_by_its_name_is_refused_before_anything_is_sent(
    name: str, capsys: Capture
) -> None:
    assert run(["drop", "a.csv", f"--dataset={name}"]) == 3
    assert "dataset" in message(capsys)
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=BUCKET)


def test_a_file_that_cannot_be_written_is_named(capsys: Capture) -> None:
    Path("a.csv").write_text("x,y\n" + "".join(f"{n},{n % 2}\n" for n in range(40)), "utf-8")
    Path("folder").write_text("no folder", "utf-8")
    assert run(["init", "folder/a", "--target", "y"]) == 3
    assert "folder" in message(capsys)
