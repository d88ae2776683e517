"""A full quota is a line, not a failure: who waits, for what, and who is next."""

from typing import Any

import boto3
import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.launcher.app import lambda_handler as launcher
from tests.builders import ACCOUNT, CSV, a_context, client_error
from tests.functional.conftest import Account
from tests.functional.service import FULL, ZERO, Service, service

from traindrop import aws
from traindrop.run import Run, Status

__all__ = ["service"]  # a fixture

TICK = {"source": "aws.events", "account": ACCOUNT, "detail-type": "Scheduled Event", "detail": {}}


def drop(account: Account, dataset: str, instance_type: str = "ml.m5.large") -> str:
    """Drop a CSV for a dataset of its own; the run's name."""
    account.put(f"datasets/{dataset}/training.yaml", f"target: species\ninstance_type: {instance_type}\n".encode())
    event = account.put(f"datasets/{dataset}/train/{dataset}.csv", CSV)
    (run,) = launcher(event, a_context())["runs"]
    return str(run)


def dispatch(event: dict[str, Any] = TICK) -> list[str]:
    runs: list[str] = dispatcher(event, a_context())["runs"]
    return runs


def state(account: Account, run: str) -> tuple[Status, str | None]:
    found = account.ledger.stored(run)
    return found.status, found.waits_for


def refuse(service: Service, code: str = "ResourceLimitExceeded", message: str = FULL, of: str = "ml.m5.large") -> None:
    service.refusals[of] = (code, message)


@pytest.mark.parametrize(
    ("code", "message", "waits_for"),
    [
        ("ResourceLimitExceeded", FULL, "the quota 'ml.m5.large for training job usage' is 1, and 1 are in use"),
        ("ThrottlingException", "Rate exceeded", "Rate exceeded"),
        ("CapacityError", "Unable to provision requested ML compute capacity.", "Unable to provision"),
    ],
)
def test_what_time_mends_makes_a_run_wait_and_says_what_for(
    account: Account, service: Service, code: str, message: str, waits_for: str
) -> None:
    refuse(service, code, message)
    run = drop(account, "a")
    status, reason = state(account, run)
    assert status is Status.WAITING
    assert waits_for in (reason or "")
    (event,) = account.events()
    assert (event["detail-type"], event["detail"]["run"]) == ("Run Waiting", run)
    assert account.ledger.slots() == set()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "1 validation error detected: Value 'ml.m5.huge' at 'resourceConfig.instanceType'"),
        ("AccessDeniedException", "User: … is not authorized to perform: sagemaker:CreateTrainingJob"),
        ("ResourceNotFound", "RoleArn: Cross-account pass role is not allowed."),
        ("ResourceLimitExceeded", ZERO),
    ],
)
def test_what_no_time_mends_ends_the_run_at_once_and_says_what_to_do(
    account: Account, service: Service, code: str, message: str
) -> None:
    refuse(service, code, message)
    run = account.ledger.stored(drop(account, "a"))
    assert run.status is Status.FAILED
    assert code in (run.reason or "")
    assert [event["detail-type"] for event in account.events()] == ["Launch Failed"]
    assert account.ledger.slots() == set()


def test_a_quota_of_zero_is_said_with_the_place_to_raise_it(account: Account, service: Service) -> None:
    refuse(service, message=ZERO)
    reason = account.ledger.stored(drop(account, "a")).reason or ""
    assert "servicequotas" in reason
    assert "'ml.m5.large for training job usage' is 0" in reason


def test_a_quota_that_is_smaller_than_the_instance_count_is_no_reason_to_wait(
    account: Account, service: Service
) -> None:
    refuse(service, message=FULL.replace("request delta of 1", "request delta of 2"))
    assert account.ledger.stored(drop(account, "a")).status is Status.FAILED


def test_when_a_job_ends_the_next_in_line_is_launched_at_once_first_come_first_served(
    account: Account, service: Service
) -> None:
    running = drop(account, "a")
    refuse(service)
    waiting = [drop(account, name) for name in ("b", "c", "d")]
    assert service.created == [running]
    ended = service.end(running, "Completed")
    service.refusals.clear()
    create, service.asked = service.create, []

    def only_one(request: dict[str, Any]) -> None:
        create(request)
        refuse(service)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("traindrop.aws.create_training_job", only_one)
        assert dispatch(ended) == waiting[:1]
    assert service.created == [running, waiting[0]]
    assert service.asked == waiting[:2]  # the third was not even tried
    assert [place.run for place in account.ledger.waiting()] == waiting[1:]


def test_a_new_run_does_not_overtake_those_that_wait_for_its_instance_type(account: Account, service: Service) -> None:
    refuse(service)
    first = drop(account, "a")
    service.refusals.clear()
    second = drop(account, "b")
    assert service.created == []
    assert state(account, second)[1] == "its turn: others came earlier for ml.m5.large"
    assert dispatch() == [first, second]


def test_one_instance_type_never_blocks_another(account: Account, service: Service) -> None:
    refuse(service)
    waiting = drop(account, "a")
    other = drop(account, "b", "ml.c5.xlarge")
    assert service.created == [other]
    refuse(service, of="ml.c5.xlarge")
    third = drop(account, "c", "ml.c5.xlarge")
    service.refusals.pop("ml.c5.xlarge")
    assert dispatch() == [third]
    assert state(account, waiting)[0] is Status.WAITING


def test_throttling_stops_the_round_and_the_next_one_goes_on(account: Account, service: Service) -> None:
    refuse(service, "ThrottlingException", "Rate exceeded")
    runs = [drop(account, name) for name in ("a", "b", "c")]
    service.asked.clear()
    assert dispatch() == []
    assert service.asked == runs[:1]
    service.refusals.clear()
    assert dispatch() == runs


def test_the_stacks_own_cap_holds_over_all_instance_types(
    account: Account, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_JOBS", "2")
    types = ["ml.m5.large", "ml.c5.xlarge", "ml.m5.large", "ml.c5.xlarge"]
    runs = [drop(account, f"d{number}", kind) for number, kind in enumerate(types)]
    assert service.created == runs[:2]
    assert "MaxConcurrentJobs" in (state(account, runs[2])[1] or "")
    assert dispatch() == []
    assert dispatch(service.end(runs[1], "Completed")) == [runs[2]]
    assert account.ledger.slots() == {runs[0], runs[2]}


def test_a_slot_that_nobody_released_is_found_when_it_is_needed(
    account: Account, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_JOBS", "1")
    account.ledger.take_slot("traindrop-gone-0123456789ab", 1)
    run = drop(account, "a")
    assert service.created == []
    assert dispatch() == [run]


def test_a_launch_that_was_cut_off_after_the_job_was_created_is_found_to_be_done(
    account: Account, service: Service, later: Any
) -> None:
    def killed(*_arguments: Any, **_more: Any) -> Run:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(account.ledger), "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            drop(account, "a")
    (run,) = account.runs()
    assert run.status is Status.WAITING
    assert dispatch() == []  # its lease still runs
    later(minutes=3)
    assert dispatch() == [run.run]
    assert account.ledger.stored(run.run).status is Status.IN_PROGRESS
    assert service.created == [run.run]


def test_a_launch_that_never_comes_to_an_end_is_given_up_and_told(
    account: Account, service: Service, later: Any
) -> None:
    refuse(service, "InternalFailure", "We encountered an internal error. Please try again.")
    with pytest.raises(ExceptionGroup):
        drop(account, "a")
    for _ in range(4):
        later(minutes=3)
        with pytest.raises(ExceptionGroup):
            dispatch()
    later(minutes=3)
    assert dispatch() == []
    (run,) = account.runs()
    assert run.status is Status.FAILED
    assert "5 times" in (run.reason or "")
    assert [event["detail-type"] for event in account.events()] == ["Launch Failed"]
    assert account.ledger.slots() == set()


def test_one_run_that_cannot_be_launched_does_not_keep_the_line_from_moving(account: Account, service: Service) -> None:
    refuse(service)
    refuse(service, of="ml.c5.xlarge")
    drop(account, "a")
    other = drop(account, "b", "ml.c5.xlarge")
    refuse(service, "InternalFailure", "We encountered an internal error.")
    service.refusals.pop("ml.c5.xlarge")
    with pytest.raises(ExceptionGroup):
        dispatch()
    assert service.created == [other]


def test_a_run_whose_request_was_deleted_ends_and_says_so(account: Account, service: Service) -> None:
    refuse(service)
    run = account.ledger.stored(drop(account, "a"))
    boto3.client("s3").delete_object(Bucket=run.bucket, Key=run.request_key)
    dispatch()
    ended = account.ledger.stored(run.run)
    assert ended.status is Status.FAILED
    assert "was deleted" in (ended.reason or "")


def test_a_refusal_does_not_give_away_the_slot_of_a_job_that_an_earlier_try_had_created(
    account: Account, service: Service, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_JOBS", "1")
    with monkeypatch.context() as patch:
        create = service.create

        def created_without_an_answer(request: dict[str, Any]) -> None:
            create(request)
            raise client_error("CreateTrainingJob", "InternalFailure", "We encountered an internal error.")

        patch.setattr(aws, "create_training_job", created_without_an_answer)
        with pytest.raises(ExceptionGroup):
            drop(account, "a")
    (first,) = account.runs()
    later(minutes=3)
    refuse(service, "ThrottlingException", "Rate exceeded")
    del service.jobs[first.run]  # so that the throttled call would come to a refusal, not to ResourceInUse
    monkeypatch.setattr(aws, "described", lambda name: {"TrainingJobName": name, "TrainingJobStatus": "InProgress"})
    assert dispatch() == [first.run]
    assert account.ledger.stored(first.run).status is Status.IN_PROGRESS
    assert account.ledger.slots() == {first.run}


def test_a_run_whose_launch_was_cut_off_holding_the_last_slot_does_not_block_those_before_it(
    account: Account, service: Service, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_JOBS", "1")
    account.ledger.take_slot("traindrop-gone-0123456789ab", 1)
    refuse(service)
    ahead = drop(account, "a")
    service.refusals.clear()
    holder = drop(account, "b", "ml.c5.xlarge")
    account.ledger.release_slot("traindrop-gone-0123456789ab")
    account.ledger.take_slot(holder, 1)
    later(minutes=3)
    dispatch()
    assert service.created == [holder]
    assert dispatch(service.end(holder, "Completed")) == [ahead]
