"""`traindrop logs`: the lines of each attempt, followed to the end of the training, and why there are none."""

import json
import time
from collections.abc import Callable

import boto3
import pytest
from tests.builders import a_run, stored
from tests.functional.conftest import BUCKET, TABLE, Account

from traindrop import aws
from traindrop.clock import now
from traindrop.run import Run, Status
from traindrop_cli.commands import logs
from traindrop_cli.commands.logs import run_logs
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack

NAME = a_run().run
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def pauses(account: Account, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens at each pause between two looks; when nothing is left, the pauses are empty."""
    del account
    found: list[Callable[[], object]] = []
    monkeypatch.setattr(logs, "find_stack", lambda _: Stack("traindrop", BUCKET, TABLE, "http://localhost"))
    monkeypatch.setattr(time, "sleep", lambda _: found.pop(0)() if found else None)
    return found


def write(*lines: str, job: str = NAME) -> None:
    """As a training job's only instance does."""
    client, stream = boto3.client("logs"), f"{job}/algo-1-1762905600"
    if not client.describe_log_streams(logGroupName=aws.LOG_GROUP, logStreamNamePrefix=stream)["logStreams"]:
        client.create_log_stream(logGroupName=aws.LOG_GROUP, logStreamName=stream)
    at = int(time.time() * 1000)
    client.put_log_events(
        logGroupName=aws.LOG_GROUP,
        logStreamName=stream,
        logEvents=[{"timestamp": at, "message": line} for line in lines],
    )


def launched(account: Account, **more: object) -> Run:
    return stored(
        account.ledger, a_run(status=Status.IN_PROGRESS, launched_at=now(), instance_type="ml.m5.large", **more)
    )


def test_the_lines_of_every_attempt_come_in_order(account: Account, capsys: Capture) -> None:
    launched(account, attempt=2)
    write("out of capacity")
    write("epoch 1", "epoch 2", job=f"{NAME}-r2")
    assert run_logs(NAME, follow=False, json=False, stack=None) == 0
    assert capsys.readouterr().out.splitlines() == ["out of capacity", "epoch 1", "epoch 2"]


def test_as_json_each_line_is_an_object_with_its_job(account: Account, capsys: Capture) -> None:
    launched(account, attempt=2)
    write("one", job=f"{NAME}-r2")
    run_logs(NAME, follow=False, json=True, stack=None)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"job": f"{NAME}-r2", "line": "one"}]


def test_what_steers_a_terminal_is_taken_out_of_a_line(account: Account, capsys: Capture) -> None:
    launched(account)
    write("\x1b[31mred\x1b[0m")
    run_logs(NAME, follow=False, json=False, stack=None)
    assert "\x1b" not in capsys.readouterr().out


def test_it_follows_until_the_training_is_over_and_takes_lines_that_come_late(
    account: Account, pauses: list[Callable[[], object]], capsys: Capture
) -> None:
    launched(account)
    write("epoch 1")
    pauses += [
        lambda: write("epoch 2"),
        lambda: account.ledger.advance(NAME, Status.COMPLETED, now(), training_ended_at=now()),
        lambda: write("the last"),
    ]
    assert run_logs(NAME, follow=True, json=False, stack=None) == 0
    assert capsys.readouterr().out.splitlines() == ["epoch 1", "epoch 2", "the last"]
    assert pauses == []


def test_it_goes_on_with_the_next_attempt(
    account: Account, pauses: list[Callable[[], object]], capsys: Capture
) -> None:
    run = launched(account)
    write("first")
    pauses += [
        lambda: account.ledger.try_again(run, now(), waits_for="attempt 2 of 3", earlier_failures=("CapacityError",)),
        lambda: write("second", job=f"{NAME}-r2"),
        lambda: account.ledger.advance(NAME, Status.COMPLETED, now(), training_ended_at=now()),
    ]
    run_logs(NAME, follow=True, json=False, stack=None)
    assert capsys.readouterr().out.splitlines() == ["first", "second"]


def test_ctrl_c_ends_the_following_and_not_the_run(
    account: Account, pauses: list[Callable[[], object]], capsys: Capture
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    launched(account)
    write("epoch 1")
    pauses.append(interrupt)
    assert run_logs(NAME, follow=True, json=False, stack=None) == 130
    told = capsys.readouterr()
    assert told.out.splitlines() == ["epoch 1"]
    assert "the run goes on" in told.err
    assert account.ledger.stored(NAME).stop_requested_by is None
    assert account.ledger.stored(NAME).status is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (a_run(instance_type="ml.m5.large"), f"{NAME} is not launched yet"),
        (a_run(status=Status.IN_PROGRESS, launched_at=now()), f"{NAME} has written nothing yet. -f waits"),
        (a_run(status=Status.EVALUATED, launched_at=now()), f"no log lines of {NAME}: it wrote none, or they were del"),
    ],
)
def test_where_there_are_no_lines_it_says_why(account: Account, run: Run, says: str, capsys: Capture) -> None:
    stored(account.ledger, run)
    assert run_logs(NAME, follow=False, json=False, stack=None) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (
            a_run(status=Status.REJECTED, reason="my.csv: no rows"),
            "is Rejected and was never launched.*my.csv: no rows",
        ),
        (a_run(status=Status.REPEATED, answered_by="another"), "trained nothing.*traindrop logs another"),
    ],
)
def test_of_a_run_that_trains_nothing_there_is_no_log(account: Account, run: Run, says: str) -> None:
    stored(account.ledger, run)
    with pytest.raises(CommandError, match=says):
        run_logs(NAME, follow=True, json=False, stack=None)
