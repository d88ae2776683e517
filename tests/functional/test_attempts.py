"""A further attempt after a failure that is worth one, stopping, and healing what a lost event left undone."""

from datetime import timedelta
from typing import Any

import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.launcher.app import lambda_handler as launcher
from functions.notifier.app import lambda_handler as notifier
from tests.builders import ACCOUNT, a_context
from tests.functional.conftest import STACK, Account
from tests.functional.service import Service, service, state_change
from tests.functional.test_waiting_line import dispatch, drop, refuse

from traindrop import aws
from traindrop.run import MAX_ATTEMPTS, Run, Status

__all__ = ["service"]  # a fixture

NO_CAPACITY = "CapacityError: Unable to provision requested ML compute capacity. Please retry."


def fail(service: Service, job: str, reason: str = NO_CAPACITY, **more: Any) -> dict[str, Any]:
    return service.end(job, "Failed", FailureReason=reason, **more)


def only(account: Account) -> Run:
    (run,) = account.runs()
    return run


@pytest.mark.parametrize("first", [dispatcher, notifier], ids=["dispatcher first", "notifier first"])
def test_after_a_lack_of_capacity_there_is_one_more_attempt_under_a_new_name_whoever_hears_of_it_first(
    account: Account, service: Service, later: Any, first: Any
) -> None:
    run = drop(account, "a")
    event = fail(service, run, BillableTimeInSeconds=3)
    for handler in (first, dispatcher, notifier, dispatcher, notifier):
        handler(event, a_context())
    assert (only(account).status, only(account).attempt) == (Status.WAITING, 2)
    assert service.created == [run]  # not before the pause is over
    later(minutes=6)
    assert dispatch() == [run]
    assert service.created == [run, f"{run}-r2"]
    assert account.ledger.slots() == {f"{run}-r2"}
    dispatch(service.end(f"{run}-r2", "Completed", BillableTimeInSeconds=60))
    ended = only(account)
    assert (ended.status, ended.billable_seconds) == (Status.COMPLETED, 63)
    assert ended.earlier_failures == (f"{run}: {NO_CAPACITY}",)
    assert account.mails() == []


def test_an_internal_error_of_the_service_is_tried_again_at_once(account: Account, service: Service) -> None:
    run = drop(account, "a")
    assert dispatch(fail(service, run, "InternalServerError: We encountered an internal error.")) == [run]
    assert service.created == [run, f"{run}-r2"]


@pytest.mark.parametrize(
    "reason",
    ["AlgorithmError: ExecuteUserScriptError: exit code 1", "ClientError: Data download failed", ""],
)
def test_what_would_fail_again_is_not_tried_again(account: Account, service: Service, reason: str) -> None:
    event = fail(service, drop(account, "a"), reason)
    dispatch(event)
    notifier(event, a_context())
    assert only(account).status is Status.FAILED
    assert len(service.created) == 1
    assert len(account.mails()) == 1


def test_the_number_of_attempts_is_limited_and_the_message_tells_of_all(
    account: Account, service: Service, later: Any
) -> None:
    run = drop(account, "a")
    for attempt in range(1, MAX_ATTEMPTS + 1):
        event = fail(service, only(account).job)
        dispatch(event)
        notifier(event, a_context())
        later(minutes=15)
        dispatch()
        assert len(service.created) == min(attempt + 1, MAX_ATTEMPTS)
    assert only(account).status is Status.FAILED
    ((subject, body),) = account.mails()
    assert "training failed" in subject
    assert f"{run}-r2: {NO_CAPACITY}" in body


def test_a_late_event_of_an_earlier_attempt_changes_nothing_of_the_present_one(
    account: Account, service: Service
) -> None:
    run = drop(account, "a")
    event = fail(service, run, "InternalServerError: oops")
    dispatch(event)
    before = only(account)
    for handler in (dispatcher, notifier):
        handler(event, a_context())
        handler(state_change(run, "Stopped"), a_context())
    assert only(account) == before
    assert account.ledger.slots() == {f"{run}-r2"}


def test_a_spot_interruption_without_a_checkpoint_is_tried_again(account: Account, service: Service) -> None:
    run = drop(account, "a")
    interrupted = [{"Status": "Training"}, {"Status": "Interrupted"}, {"Status": "Failed"}]
    dispatch(fail(service, run, "ClientError: gone", SecondaryStatusTransitions=interrupted))
    assert service.created == [run, f"{run}-r2"]


def stop(run: str) -> list[str]:
    return dispatch(
        {
            "source": f"traindrop.{STACK}",
            "account": ACCOUNT,
            "detail-type": "Stop Requested",
            "detail": {"run": run, "who": "arn:aws:iam::123456789012:user/ada"},
        }
    )


def test_a_training_run_is_stopped_by_its_job_and_ends_when_that_has_ended(account: Account, service: Service) -> None:
    run = drop(account, "a")
    assert stop(run) == [run]
    assert service.stopped == [run]
    assert only(account).status is Status.IN_PROGRESS
    notifier(service.end(run, "Stopped"), a_context())
    assert only(account).status is Status.STOPPED
    assert "user/ada" in (only(account).reason or "")


def test_a_waiting_run_is_stopped_without_a_job(account: Account, service: Service) -> None:
    refuse(service)
    run = drop(account, "a")
    account.events()
    stop(run)
    assert (only(account).status, service.created, service.stopped) == (Status.STOPPED, [], [])
    assert [event["detail-type"] for event in account.events()] == ["Run Stopped"]
    assert account.ledger.waiting() == []


def test_a_run_that_is_stopped_while_it_is_being_launched_is_stopped_right_after(
    account: Account, service: Service
) -> None:
    refuse(service)
    run = drop(account, "a")
    service.refusals.clear()
    create = service.create

    def in_the_middle(request: dict[str, Any]) -> None:
        create(request)
        stop(run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("traindrop.aws.create_training_job", in_the_middle)
        dispatch()
    assert service.stopped == [run]


def test_a_run_that_is_to_be_stopped_is_not_tried_again(account: Account, service: Service) -> None:
    run = drop(account, "a")
    stop(run)
    dispatch(fail(service, run))
    assert only(account).status is Status.FAILED


@pytest.mark.parametrize("run", ["traindrop-somebody-0123456789ab", "another-job"])
def test_a_job_that_is_not_in_the_ledger_is_neither_stopped_nor_asked_about(
    account: Account,  # noqa: ARG001
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    run: str,
) -> None:
    def never(name: str) -> None:
        raise AssertionError(f"{name} was asked about")

    monkeypatch.setattr("traindrop.aws.described", never)
    assert stop(run) == []
    dispatch(state_change(run, "Completed"))
    notifier(state_change(run, "Failed"), a_context())
    assert service.stopped == []


def test_a_lost_event_is_made_up_for_by_asking_once_the_run_is_overdue(
    account: Account, service: Service, later: Any
) -> None:
    run = drop(account, "a")
    service.end(run, "Completed")
    dispatch()
    assert account.events() == []  # not yet
    later(minutes=11)
    assert dispatch() == [run]
    (event,) = account.events()
    assert event["source"] == f"traindrop.{STACK}"
    assert event["detail-type"] == "SageMaker Training Job State Change"
    assert event["detail"]["TrainingJobStatus"] == "Completed"
    assert event["detail"]["TrainingEndTime"].isdigit()
    assert dispatch() == []


def test_when_many_are_overdue_a_round_of_looks_ends_in_time_and_the_next_one_goes_on(
    account: Account, service: Service, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [drop(account, name) for name in ("a", "b", "c")]
    for run in runs:
        service.end(run, "Completed")
    later(minutes=11)

    def slowly(name: str) -> dict[str, Any]:
        later(seconds=10)
        return service.describe(name)

    monkeypatch.setattr(aws, "described", slowly)  # twice a look: it is asked, and then told on the bus
    assert [dispatch(), dispatch(), dispatch()] == [runs[:2], runs[2:], []]


@pytest.mark.usefixtures("service")
def test_a_job_that_still_runs_is_asked_about_ever_less_often(account: Account, later: Any) -> None:
    drop(account, "a")
    looks = 0
    for _ in range(24 * 60 // 10):
        later(minutes=10, seconds=1)
        looks += len(dispatch())
    assert looks == 7


def test_a_job_that_was_deleted_ends_its_run(account: Account, service: Service, later: Any) -> None:
    run = drop(account, "a")
    service.jobs.clear()
    later(minutes=11)
    dispatch()
    assert only(account).status is Status.FAILED
    assert "deleted" in (only(account).reason or "")
    assert [event["detail-type"] for event in account.events()] == ["Training Failed"]
    assert account.ledger.stored(run).was_launched


def test_an_end_that_was_not_told_is_announced_again_and_in_the_end_given_up(account: Account, later: Any) -> None:
    (run,) = launcher(account.put("datasets/a/train/a.csv", b""), a_context())["runs"]
    account.events()
    announced = 0
    for _ in range(60):
        later(hours=3)
        dispatch()
        announced += len(account.events())
    assert announced == 10
    assert account.ledger.stored(run).status is Status.REJECTED


def test_a_run_that_was_told_is_not_looked_after_any_more(account: Account, service: Service, later: Any) -> None:
    drop(account, "a")
    event = fail(service, only(account).run, "AlgorithmError: exit 1")
    notifier(event, a_context())
    later(days=2)
    assert dispatch() == []
    assert list(account.ledger.due(only(account).created_at + timedelta(days=30))) == []


def test_an_evaluation_that_never_ends_is_given_up_and_told(account: Account, service: Service, later: Any) -> None:
    run = drop(account, "a")
    dispatch(service.end(run, "Completed"))
    for _ in range(60):
        later(hours=3)
        dispatch()
    assert only(account).status is Status.EVALUATION_FAILED
    assert "Evaluation Failed" in {event["detail-type"] for event in account.events()}
