"""Each line that a function logs is JSON and has the run that it is about."""

import json
from typing import Any

import pytest
from functions.dispatcher import app as dispatcher
from functions.evaluator import app as evaluator
from functions.launcher import app as launcher
from functions.notifier import app as notifier
from tests.builders import CSV, a_context
from tests.conftest import LoadEvent
from tests.functional.conftest import Account
from tests.functional.service import Service, service, state_change

from traindrop import aws, keeping_order
from traindrop.logs import about, log

__all__ = ["service"]  # a fixture

KEY = "datasets/flowers/train/flowers.csv"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged since the last call, without the lines that are metrics."""
    return [line for line in all_lines(capsys) if "_aws" not in line]


def all_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The values of each line of metrics since the last call, with the run."""
    return [
        {name: value for name, value in line.items() if name not in {"_aws", "stack"}}
        for line in all_lines(capsys)
        if "_aws" in line
    ]


def launched(account: Account) -> str:
    account.put("datasets/flowers/training.yaml", b"target: species\n")
    (run,) = launcher.lambda_handler(account.put(KEY, CSV), a_context())["runs"]
    return str(run)


def test_a_launch_is_logged_under_its_run(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    run = launched(account)
    found = lines(capsys)
    assert {line["correlation_id"] for line in found} == {run}
    assert [line["message"] for line in found] == ["received", "launch"]


def test_dispatcher_evaluator_and_notifier_log_under_the_run_too(
    account: Account, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    run = launched(account)
    event = service.end(run, "Completed")
    capsys.readouterr()
    for handler in (dispatcher.lambda_handler, evaluator.lambda_handler):
        handler(event, a_context())
    for ended in account.events():
        notifier.lambda_handler(ended, a_context())
    found = lines(capsys)
    assert {line["correlation_id"] for line in found} == {run}
    assert {line["message"] for line in found} == {"evaluation", "told"}


def test_a_run_is_counted_at_each_of_its_steps_and_once_whatever_is_delivered_twice(
    account: Account, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    account.put("datasets/flowers/training.yaml", b"target: species\n")
    dropped = account.put(KEY, CSV)
    for _ in range(2):
        (run,) = launcher.lambda_handler(dropped, a_context())["runs"]
    assert metrics(capsys) == [
        {"correlation_id": run, "RunsAccepted": [1]},
        {"correlation_id": run, "RunsLaunched": [1]},
    ]
    event = service.end(run, "Completed")
    for _ in range(2):
        evaluator.lambda_handler(event, a_context())
    told = account.events()
    capsys.readouterr()
    for ended in told * 2:
        notifier.lambda_handler(ended, a_context())
    (counted,) = metrics(capsys)
    assert counted["correlation_id"] == run
    assert [name for name, value in counted.items() if value == [1]] == ["MessagesSent", "RunsFailed"]


def test_a_run_that_the_months_ceiling_refuses_is_counted(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_MONTHLY_COST_USD", "0.01")
    account.put("datasets/flowers/training.yaml", b"target: species\n")
    (run,) = launcher.lambda_handler(account.put(KEY, CSV), a_context())["runs"]
    assert metrics(capsys) == [{"correlation_id": run, "RunsBeyondCeiling": [1]}]


def test_the_line_is_measured_also_in_a_minute_in_which_nothing_else_succeeds(
    account: Account, load_event: LoadEvent, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    launched(account)
    capsys.readouterr()

    def broken(*_arguments: object) -> None:
        raise RuntimeError("no network")

    for name in ("dispatch", "reconcile", "settle_ended"):
        monkeypatch.setattr(keeping_order, name, broken)
    with pytest.raises(RuntimeError, match="no network"):
        dispatcher.lambda_handler(load_event("schedule_tick"), a_context())
    (measured,) = metrics(capsys)
    assert (measured["RunningJobs"], measured["WaitingRuns"], measured["OverdueRuns"]) == ([1], [0], [0])


def test_what_is_about_one_run_within_another_gives_the_other_its_lines_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with about("outer"):
        with about("inner"):
            log().info("first")
        log().info("second")
    log().info("third")
    assert [line.get("correlation_id") for line in lines(capsys)] == ["inner", "outer", None]


def test_what_fails_is_logged_once_with_its_run_and_goes_on(
    account: Account, service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launched(account)
    service.end(run, "Completed")
    capsys.readouterr()

    def broken(_name: str) -> None:
        raise RuntimeError("no network")

    monkeypatch.setattr(aws, "describe_training_job", broken)
    with pytest.raises(RuntimeError, match="no network"):
        evaluator.lambda_handler(state_change(run, "Completed"), a_context())
    (line,) = lines(capsys)
    assert (line["level"], line["correlation_id"], line["exception_name"]) == ("ERROR", run, "RuntimeError")


def test_a_minute_in_which_nothing_happens_leaves_no_line(
    account: Account, load_event: LoadEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.runs() == []
    dispatcher.lambda_handler(load_event("schedule_tick"), a_context())
    assert capsys.readouterr().out == ""
