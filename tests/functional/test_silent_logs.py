"""What the functions log holds no data rows and no secrets: one cell and one variable are looked for everywhere."""

from collections.abc import Callable
from typing import Any

import pytest
from functions.dispatcher import app as dispatcher
from functions.evaluator import app as evaluator
from functions.launcher import app as launcher
from functions.notifier import app as notifier
from functions.tuner import app as tuner
from pydantic import ValidationError
from tests.builders import CSV, a_context
from tests.functional.conftest import Account

from traindrop import aws
from traindrop.run import Status

CELL, SECRET = "cell-0f1e2d3c", "secret-4b5a6978"
KEY = "datasets/flowers/train/flowers.csv"
WITH_CELL = CSV + f"1.5,2,{CELL}\n".encode() * 20
RAGGED = WITH_CELL + f"{CELL},1,2,3,4\n".encode()
CONFIG = f"target: species\nenvironment: {{TOKEN: {SECRET}}}\nhyperparameters: {{num_round: 5}}\n".encode()
Handler = Callable[[dict[str, Any], Any], Any]


def test_an_accepted_upload_leaves_neither_cell_nor_variable_in_the_log(
    account: Account, logged: Callable[[], str]
) -> None:
    account.put("datasets/flowers/training.yaml", CONFIG)
    launcher.lambda_handler(account.put(KEY, WITH_CELL), a_context())
    (run,) = account.runs()
    assert run.status is Status.IN_PROGRESS
    text = logged()
    assert run.run in text
    assert CELL not in text
    assert SECRET not in text


def test_a_rejected_upload_tells_the_person_and_not_the_log_what_stood_in_the_cell(
    account: Account, logged: Callable[[], str]
) -> None:
    launcher.lambda_handler(account.put(KEY, RAGGED), a_context())
    assert [run.status for run in account.runs()] == [Status.REJECTED]
    assert CELL not in logged()


def test_a_variable_of_the_wrong_kind_is_rejected_without_its_value(account: Account) -> None:
    account.put("datasets/flowers/training.yaml", b"target: species\nenvironment: {TOKEN: 4815162342}\n")
    launcher.lambda_handler(account.put(KEY, CSV), a_context())
    (run,) = account.runs()
    assert "environment.TOKEN" in (run.reason or "")
    assert "4815162342" not in (run.reason or "")


@pytest.mark.parametrize(
    "handler",
    [each.lambda_handler for each in (launcher, dispatcher, tuner, evaluator, notifier)],
    ids=["launcher", "dispatcher", "tuner", "evaluator", "notifier"],
)
def test_an_event_that_cannot_be_read_is_an_error_that_does_not_quote_it(account: Account, handler: Handler) -> None:  # noqa: ARG001
    event = {"detail-type": SECRET, "detail": {"object": {"key": SECRET}, "HyperParameters": {"token": SECRET}}}
    with pytest.raises(ValidationError) as caught:
        handler(event, a_context())
    assert SECRET not in str(caught.value)


def test_an_error_in_the_midst_of_a_launch_does_not_quote_the_request(
    account: Account, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_request: dict[str, Any]) -> None:
        raise RuntimeError("the network is down")

    monkeypatch.setattr(aws, "create_training_job", broken)
    account.put("datasets/flowers/training.yaml", CONFIG)
    with pytest.raises(ExceptionGroup) as caught:
        launcher.lambda_handler(account.put(KEY, WITH_CELL), a_context())
    for text in (logged(), str(caught.value), repr(caught.value.exceptions)):
        assert CELL not in text
        assert SECRET not in text
