"""Each line that a function logs is JSON and has the run that it is about."""

import json
from typing import Any

import pytest
from functions.dispatcher import app as dispatcher
from functions.evaluator import app as evaluator
from functions.launcher import app as launcher
from functions.notifier import app as notifier
from tests.builders import CSV
from tests.conftest import LoadEvent
from tests.functional.conftest import Account
from tests.functional.service import Service, service, state_change

from traindrop import aws

__all__ = ["service"]  # a fixture

KEY = "datasets/flowers/train/flowers.csv"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged since the last call, without the lines that are metrics."""
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in found if "_aws" not in line]


def launched(account: Account) -> str:
    account.put("datasets/flowers/training.yaml", b"target: species\n")
    (run,) = launcher.lambda_handler(account.put(KEY, CSV), None)["runs"]  # type: ignore[arg-type]
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
        handler(event, None)  # type: ignore[arg-type]
    for ended in account.events():
        notifier.lambda_handler(ended, None)  # type: ignore[arg-type]
    found = lines(capsys)
    assert {line["correlation_id"] for line in found} == {run}
    assert {line["message"] for line in found} == {"evaluation", "told"}


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
        evaluator.lambda_handler(state_change(run, "Completed"), None)  # type: ignore[arg-type]
    (line,) = lines(capsys)
    assert (line["level"], line["correlation_id"], line["exception_name"]) == ("ERROR", run, "RuntimeError")


def test_a_minute_in_which_nothing_happens_leaves_no_line(
    account: Account, load_event: LoadEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.runs() == []
    dispatcher.lambda_handler(load_event("schedule_tick"), None)  # type: ignore[arg-type]
    assert capsys.readouterr().out == ""
