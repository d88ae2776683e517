"""The notifier, whole, in an account of moto's."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from functions.notifier.app import lambda_handler
from pydantic import ValidationError
from tests.builders import a_context, a_run, client_error, stored
from tests.conftest import LoadEvent
from tests.functional.conftest import BUCKET, Account

from traindrop import aws
from traindrop.events import FailureNotice, ObjectCreated, TrainingJob
from traindrop.ledger import Ledger
from traindrop.run import FINAL, Status

START = datetime(2026, 11, 12, tzinfo=UTC)
LAUNCHED: dict[str, Any] = {"bucket": BUCKET, "launched_at": START}
# The run that every sample in events/ is about.
NAME = "traindrop-titanic-0123456789ab"


def notify(event: dict[str, Any]) -> list[str]:
    found: list[str] = lambda_handler(event, a_context())["told"]
    return found


def record(account: Account, status: Status, **fields: Any) -> None:
    stored(account.ledger, a_run(run=NAME, dataset="titanic", status=status, **fields))


def describes(monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], **more: Any) -> None:
    """SageMaker says of the job what its event says: moto's are Completed at once, whatever happens."""
    job = TrainingJob.model_validate({**event["detail"], "BillableTimeInSeconds": 130, **more})
    monkeypatch.setattr(aws, "describe_training_job", lambda _name: job)


def write_log(lines: list[str], host: str = "algo-1") -> None:
    write_log_of(NAME, lines, host)


def write_log_of(job: str, lines: list[str], host: str = "algo-1") -> None:
    logs, stream = boto3.client("logs"), f"{job}/{host}-1762905660"
    logs.create_log_stream(logGroupName=aws.LOG_GROUP, logStreamName=stream)
    now = int(datetime.now(UTC).timestamp() * 1000)
    events: Any = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
    logs.put_log_events(logGroupName=aws.LOG_GROUP, logStreamName=stream, logEvents=events)


@pytest.mark.parametrize(
    ("event", "status", "fields", "subject", "body"),
    [
        ("run_rejected", Status.REJECTED, {"reason": "it is empty"}, "titanic: rejected", "it is empty"),
        ("launch_failed", Status.FAILED, {"reason": "the limit is 0"}, "titanic: failed to launch", "the limit is 0"),
        (
            "run_repeated", Status.REPEATED, {"reason": "the same bytes", "answered_by": "traindrop-titanic-first"},
            "titanic: dropped before", "traindrop show traindrop-titanic-first",
        ),
        ("training_failed", Status.FAILED, {**LAUNCHED, "reason": "it was deleted"}, "training failed", "was deleted"),
        ("run_stopped", Status.STOPPED, {"reason": "Stopped by anna"}, "titanic: stopped", "Stopped by anna"),
        (
            "model_evaluated", Status.EVALUATED,
            {**LAUNCHED, "metrics": {"auc": 0.87, "accuracy": 0.82}, "main_metric": "auc"},
            "auc 0.87", "accuracy",
        ),
        (
            "evaluation_failed", Status.EVALUATION_FAILED, {**LAUNCHED, "reason": "it holds no model.ubj"},
            "titanic: evaluation failed", "it holds no model.ubj",
        ),
    ],
)  # fmt: skip
def test_each_event_of_ours_becomes_one_message_told_from_the_ledger(
    account: Account, load_event: LoadEvent, event: str, status: Status, fields: dict[str, Any], subject: str, body: str
) -> None:
    record(account, status, **fields)
    assert notify(load_event(event)) == [NAME]
    ((found_subject, found_body),) = account.mails()
    assert subject in found_subject
    assert body in found_body
    assert account.ledger.stored(NAME).notified_at is not None


def test_a_failed_training_is_recorded_and_told_with_its_reason_and_last_log_lines(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED)
    write_log([f"line {number}" for number in range(30)] + ["ValueError: could not convert 'male'"])
    event = load_event("training_job_failed")
    describes(monkeypatch, event)
    assert notify(event) == [NAME]
    ((subject, body),) = account.mails()
    assert "titanic: training failed" in subject
    assert "ExecuteUserScriptError" in body
    assert "ValueError: could not convert 'male'" in body
    assert "line 29" in body
    assert "line 10\n" not in body
    run = account.ledger.stored(NAME)
    assert (run.status, run.billable_seconds) == (Status.FAILED, 130)
    assert "ExecuteUserScriptError" in (run.reason or "")


@pytest.mark.parametrize("event", ["training_job_failed", "run_rejected"])
def test_what_the_message_quotes_of_a_file_or_of_a_scripts_log_is_not_in_the_notifiers_own(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str], event: str
) -> None:
    failed = event == "training_job_failed"
    found, cell = load_event(event), "cell-0f1e2d3c"
    if failed:
        record(account, Status.IN_PROGRESS, **LAUNCHED)
        write_log([f"ValueError: could not convert '{cell}'"])
        describes(monkeypatch, found)
    else:
        record(account, Status.REJECTED, reason=f"line 2 has 5 fields: '{cell}'")
    assert notify(found) == [NAME]
    ((_, body),) = account.mails()
    assert cell in body
    text = logged()
    assert NAME in text
    assert cell not in text


def test_of_several_instances_each_shows_its_last_lines(account: Account) -> None:  # noqa: ARG001
    for host in ("algo-1", "algo-2"):
        write_log([f"line {number}" for number in range(9)], host)
    assert aws.last_log_lines(NAME, 4) == ["algo-1: line 7", "algo-1: line 8", "algo-2: line 7", "algo-2: line 8"]


def test_a_run_that_hit_its_maximum_run_time_says_so_and_is_no_success(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED)
    event = load_event("training_job_stopped")
    describes(monkeypatch, event)
    notify(event)
    ((subject, body),) = account.mails()
    assert "titanic: stopped" in subject
    assert "maximum run time" in body
    assert "not a success" in body
    assert account.ledger.stored(NAME).status is Status.STOPPED


@pytest.mark.parametrize(("secondary", "says"), [("Stopped", "from outside"), ("MaxWaitTimeExceeded", "spot capacity")])
def test_a_job_that_was_stopped_says_why(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch, secondary: str, says: str
) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED)
    event = load_event("training_job_stopped")
    describes(monkeypatch, event, SecondaryStatus=secondary)
    notify(event)
    assert says in (account.ledger.stored(NAME).reason or "")


def test_a_training_that_failed_without_a_log_is_told_without_one(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED)
    boto3.client("logs").delete_log_group(logGroupName=aws.LOG_GROUP)
    event = load_event("training_job_failed")
    describes(monkeypatch, event)
    assert notify(event) == [NAME]
    assert "Last log lines" not in account.mails()[0][1]


def test_a_failure_that_is_tried_again_is_not_told_and_not_the_end(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED)
    event = load_event("training_job_failed")
    describes(monkeypatch, event, FailureReason="CapacityError: Unable to provision requested ML compute capacity.")
    assert notify(event) == []
    assert account.mails() == []
    run = account.ledger.stored(NAME)
    assert (run.status, run.attempt) == (Status.WAITING, 2)


def test_an_event_that_comes_twice_is_told_once(account: Account, load_event: LoadEvent) -> None:
    record(account, Status.REJECTED, reason="it is empty")
    assert notify(load_event("run_rejected")) == [NAME]
    assert notify(load_event("run_rejected")) == []
    assert len(account.mails()) == 1


def test_while_another_delivery_has_the_claim_nothing_is_sent_and_when_it_ran_out_it_is(
    account: Account, load_event: LoadEvent, later: Callable[..., None]
) -> None:
    record(account, Status.REJECTED, reason="it is empty")
    assert account.ledger.claim_message(NAME, datetime.now(UTC))
    assert notify(load_event("run_rejected")) == []
    assert account.mails() == []
    later(seconds=60)
    assert notify(load_event("run_rejected")) == [NAME]
    assert len(account.mails()) == 1


def test_a_crash_between_publish_and_record_repeats_the_message_once_and_never_loses_it(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None]
) -> None:
    record(account, Status.REJECTED, reason="it is empty")

    def crash(*_: object) -> None:
        raise client_error("UpdateItem", "InternalServerError", "try later")

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "record_message", crash)
        with pytest.raises(Exception, match="try later"):
            notify(load_event("run_rejected"))
    later(seconds=60)  # Lambda's first retry
    assert notify(load_event("run_rejected")) == [NAME]
    assert notify(load_event("run_rejected")) == []
    assert len(account.mails()) == 2


def test_a_message_that_could_not_be_published_is_sent_by_the_next_delivery(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(account, Status.REJECTED, reason="it is empty")

    def throttle(*_: object) -> None:
        raise client_error("Publish", "ThrottledException", "Rate exceeded")

    with monkeypatch.context() as patched:
        patched.setattr(aws, "publish", throttle)
        with pytest.raises(Exception, match="Rate exceeded"):
            notify(load_event("run_rejected"))
    assert notify(load_event("run_rejected")) == [NAME]
    assert len(account.mails()) == 1


@pytest.mark.parametrize("event", ["run_rejected", "training_job_failed"])
def test_an_unknown_run_is_told_to_nobody(account: Account, load_event: LoadEvent, event: str) -> None:
    assert notify(load_event(event)) == []
    assert account.mails() == []


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL))
def test_a_run_that_has_not_ended_is_not_told(account: Account, load_event: LoadEvent, status: Status) -> None:
    record(account, status)
    assert notify(load_event("run_rejected")) == []
    assert account.mails() == []


def test_a_late_failure_does_not_turn_an_evaluated_run_around(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(account, Status.EVALUATED, **LAUNCHED, notified_at=START)
    event = load_event("training_job_failed")
    describes(monkeypatch, event)
    assert notify(event) == []
    assert account.ledger.stored(NAME).status is Status.EVALUATED


def test_an_upload_that_the_launcher_gave_up_on_becomes_a_failed_run_and_the_person_is_told(
    account: Account, load_event: LoadEvent
) -> None:
    event = load_event("function_gave_up")
    (name,) = notify(event)
    ((subject, body),) = account.mails()
    assert "titanic: internal error" in subject
    assert "ThrottlingException" in body
    assert "traindrop-DeadLetters" in body
    run = account.ledger.stored(name)
    assert (run.status, run.dataset) == (Status.FAILED, "titanic")
    assert run.failed_function == "traindrop-Launcher-AbCdEf123456"
    assert notify(event) == []
    assert len(account.runs()) == 1
    assert account.mails() == []


def test_a_run_that_was_accepted_before_the_launcher_gave_up_stays_in_the_line_and_nothing_is_told(
    account: Account, load_event: LoadEvent
) -> None:
    event = load_event("function_gave_up")
    (failure,) = FailureNotice.model_validate(event).failures()
    (upload,) = ObjectCreated.model_validate(failure.request_payload).uploads()
    run = a_run(run=NAME, dataset="titanic")
    assert account.ledger.accept(run, upload.identity, run.created_at)
    assert notify(event) == []
    assert account.runs() == [run]
    assert account.mails() == []


def test_a_run_that_ended_before_the_launcher_could_say_so_is_told_as_it_ended(
    account: Account, load_event: LoadEvent
) -> None:
    event = load_event("function_gave_up")
    (failure,) = FailureNotice.model_validate(event).failures()
    (upload,) = ObjectCreated.model_validate(failure.request_payload).uploads()
    run = a_run(run=NAME, dataset="titanic", status=Status.REJECTED, reason="it is empty")
    assert account.ledger.accept(run, upload.identity, run.created_at)
    assert notify(event) == [NAME]
    assert "titanic: rejected" in account.mails()[0][0]


def test_each_upload_of_an_event_that_was_given_up_on_is_told_of(account: Account, load_event: LoadEvent) -> None:
    event = gave_up_on(load_event("function_gave_up"), load_event("s3_notification"))
    assert len(notify(event)) == 2
    assert {run.dataset for run in account.runs()} == {"titanic", "gemüse"}
    assert len(account.mails()) == 2


def gave_up_on(event: dict[str, Any], payload: Any) -> dict[str, Any]:
    """The sample with another event that the function gave up on."""
    sns = event["Records"][0]["Sns"]
    sns["Message"] = json.dumps({**json.loads(sns["Message"]), "requestPayload": payload})
    return event


@pytest.mark.parametrize(
    "sample",
    ["training_job_completed", "training_job_failed_of_defaults", "tuning_job_completed", "tuning_job_stopped"],
)
def test_an_evaluation_that_was_given_up_on_ends_its_run_and_is_told(
    account: Account, load_event: LoadEvent, sample: str
) -> None:
    record(account, Status.COMPLETED, **LAUNCHED)
    event = gave_up_on(load_event("function_gave_up"), load_event(sample))
    assert notify(event) == [NAME]
    assert account.ledger.stored(NAME).status is Status.EVALUATION_FAILED
    assert "titanic: internal error" in account.mails()[0][0]


def test_a_run_that_was_evaluated_and_only_not_announced_is_told_as_the_success_that_it_is(
    account: Account, load_event: LoadEvent
) -> None:
    record(account, Status.EVALUATED, **LAUNCHED, metrics={"auc": 0.87}, main_metric="auc")
    event = gave_up_on(load_event("function_gave_up"), load_event("training_job_completed"))
    assert notify(event) == [NAME]
    assert "auc 0.87" in account.mails()[0][0]


def test_an_evaluation_of_an_earlier_attempt_that_was_given_up_on_ends_nothing(
    account: Account, load_event: LoadEvent
) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED, attempt=2)
    assert notify(gave_up_on(load_event("function_gave_up"), load_event("training_job_completed"))) == []
    assert account.ledger.stored(NAME).status is Status.IN_PROGRESS


@pytest.mark.parametrize("part", ["tuning_job_completed", "training_job_failed_of_defaults"])
def test_a_part_of_a_tuning_that_was_given_up_on_ends_no_run_that_still_goes_on(
    account: Account, load_event: LoadEvent, part: str
) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED, max_trials=20)
    assert notify(gave_up_on(load_event("function_gave_up"), load_event(part))) == []
    assert account.ledger.stored(NAME).status is Status.IN_PROGRESS
    assert account.mails() == []


def test_the_evaluation_of_a_tuned_run_that_was_given_up_on_ends_it(account: Account, load_event: LoadEvent) -> None:
    record(account, Status.COMPLETED, **LAUNCHED, max_trials=20)
    assert notify(gave_up_on(load_event("function_gave_up"), load_event("tuning_job_completed"))) == [NAME]
    assert account.ledger.stored(NAME).status is Status.EVALUATION_FAILED


def test_a_childs_event_that_was_given_up_on_ends_no_run(account: Account, load_event: LoadEvent) -> None:
    record(account, Status.IN_PROGRESS, **LAUNCHED, max_trials=20)
    payload = load_event("training_job_completed")
    payload["detail"]["TrainingJobName"] += "-003-0a1b2c3d"
    (told,) = notify(gave_up_on(load_event("function_gave_up"), payload))
    assert told.startswith("#failure/")  # as an internal error, of no run
    assert account.ledger.stored(NAME).status is Status.IN_PROGRESS


@pytest.mark.parametrize("payload", [{}, {"detail-type": "Object Created"}, {"Records": "none"}, {"a": [1]}])
def test_an_event_that_no_part_can_read_is_told_as_an_internal_error_of_its_function(
    account: Account, load_event: LoadEvent, payload: dict[str, Any]
) -> None:
    event = gave_up_on(load_event("function_gave_up"), payload)
    assert len(notify(event)) == 1
    assert notify(event) == []
    ((subject, body),) = account.mails()
    assert "internal error" in subject
    assert "traindrop-Launcher-AbCdEf123456" in body
    assert account.runs() == []


@pytest.mark.parametrize("event", [{}, {"source": "aws.s3"}, {"Records": [{"Sns": {}}]}])
def test_what_is_no_notice_leaves_the_handler_as_an_error(account: Account, event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        notify(event)
    assert account.mails() == []
