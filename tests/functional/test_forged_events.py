"""Events that somebody else put on the bus, or gave a function directly: the ledger and SageMaker say what is true."""

from datetime import UTC, datetime
from typing import Any

import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.evaluator.app import lambda_handler as evaluator
from functions.launcher.app import lambda_handler as launcher
from functions.notifier.app import lambda_handler as notifier
from tests.builders import CSV, a_context, a_run, stored
from tests.conftest import LoadEvent
from tests.functional.conftest import BUCKET, Account

from traindrop import aws
from traindrop.events import TrainingJob
from traindrop.run import Run, Status

NOW = datetime(2026, 11, 12, tzinfo=UTC)
# The run that every sample in events/ is about.
NAME = "traindrop-titanic-0123456789ab"
LAUNCHED: dict[str, Any] = {"launched_at": NOW, "instance_type": "ml.m5.large"}
ENDED: dict[str, Any] = {**LAUNCHED, "ended_at": NOW, "notified_at": NOW}


def a_titanic_run(status: Status, **fields: Any) -> Run:
    return a_run(run=NAME, dataset="titanic", status=status, bucket=BUCKET, **fields)


@pytest.mark.parametrize(
    "run",
    [
        a_titanic_run(Status.WAITING),
        a_titanic_run(Status.IN_PROGRESS, **LAUNCHED),
        a_titanic_run(Status.COMPLETED, **LAUNCHED),
        a_titanic_run(Status.FAILED, reason="AlgorithmError", **ENDED),
        a_titanic_run(Status.REJECTED, reason="it is empty", **ENDED),
    ],
    ids=lambda run: run.status.value,
)
@pytest.mark.parametrize("sample", ["model_evaluated", "run_rejected", "training_failed", "evaluation_failed"])
def test_a_forged_end_of_a_run_changes_nothing_and_sends_no_message(
    account: Account, load_event: LoadEvent, run: Run, sample: str
) -> None:
    stored(account.ledger, run)
    assert notifier(load_event(sample), a_context()) == {"told": []}
    assert account.ledger.stored(NAME) == run
    assert account.mails() == []
    assert account.events() == []


def test_of_a_forged_success_the_message_tells_what_the_ledger_says(account: Account, load_event: LoadEvent) -> None:
    """The run has ended, and its own event is still on its way: the message is due, the forged numbers are not."""
    stored(account.ledger, a_titanic_run(Status.FAILED, reason="AlgorithmError: no", **LAUNCHED, ended_at=NOW))
    assert notifier(load_event("model_evaluated"), a_context()) == {"told": [NAME]}
    ((subject, body),) = account.mails()
    assert "training failed" in subject
    assert "0.87" not in subject + body


@pytest.mark.parametrize("sample", ["training_job_completed", "training_job_failed", "training_job_stopped"])
@pytest.mark.parametrize("handler", [dispatcher, evaluator, notifier])
def test_a_forged_state_change_of_a_job_that_still_trains_changes_nothing(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch, sample: str, handler: Any
) -> None:
    run = stored(account.ledger, a_titanic_run(Status.IN_PROGRESS, **LAUNCHED))
    still = {"TrainingJobName": NAME, "TrainingJobStatus": "InProgress"}
    monkeypatch.setattr(aws, "describe_training_job", lambda _name: TrainingJob.model_validate(still))
    handler({**load_event(sample), "source": "traindrop.traindrop"}, a_context())
    assert account.ledger.stored(NAME) == run
    assert account.mails() == []
    assert account.events() == []


@pytest.mark.parametrize("sample", ["rerun_requested", "stop_requested"])
def test_a_wish_about_a_run_that_is_not_in_the_ledger_does_nothing(
    account: Account, load_event: LoadEvent, sample: str
) -> None:
    handler = launcher if sample == "rerun_requested" else dispatcher
    assert handler(load_event(sample), a_context()) == {"runs": []}
    assert (account.runs(), account.jobs(), account.events()) == ([], [], [])


def test_an_upload_of_another_bucket_is_neither_read_nor_recorded(account: Account) -> None:
    event = account.put("datasets/flowers/train/flowers.csv", CSV)
    event["detail"]["bucket"]["name"] = "theirs"
    answer = launcher(event, a_context())
    assert answer == {"refused": f"the event is of bucket 'theirs'; this stack's is {BUCKET!r}"}
    assert (account.runs(), account.jobs(), account.events()) == ([], [], [])


def test_an_upload_of_another_account_is_neither_read_nor_recorded(account: Account) -> None:
    event = account.put("datasets/flowers/train/flowers.csv", CSV)
    assert "account '999988887777'" in launcher({**event, "account": "999988887777"}, a_context())["refused"]
    assert (account.runs(), account.jobs(), account.events()) == ([], [], [])
