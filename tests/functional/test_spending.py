"""What a month costs: a job counts at its worst case before it is created, and at its cost from when it has ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Lock
from typing import Any

import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.evaluator.app import lambda_handler as evaluator
from functions.launcher.app import lambda_handler as launcher
from functions.notifier.app import lambda_handler as notifier
from moto.dynamodb.models import DynamoDBBackend
from tests.builders import ACCOUNT, CSV, a_context, a_run, stored
from tests.functional.conftest import BUCKET, Account
from tests.functional.service import Service, service
from tests.functional.test_attempts import fail, only
from tests.functional.test_waiting_line import dispatch, refuse

from traindrop import aws, spending
from traindrop.clock import now
from traindrop.cost import training_cost
from traindrop.ledger import Ledger
from traindrop.prices import KEY, PriceList, to_json
from traindrop.run import Run, Status, Tariff

__all__ = ["service"]  # a fixture

# An hour of the default instance type in us-east-1.
HOUR = Decimal("0.115")
TARIFF = Tariff(hourly_usd=HOUR, region="us-east-1", as_of=date(2026, 11, 1))
NOTHING = Decimal(0)
TICK = {"source": "aws.events", "account": ACCOUNT, "detail-type": "Scheduled Event", "detail": {}}


def drop(account: Account, dataset: str, **config: Any) -> Run:
    """The run of a CSV that was dropped with `config`."""
    lines = "".join(f"{name}: {value}\n" for name, value in {"target": "species", **config}.items())
    account.put(f"datasets/{dataset}/training.yaml", lines.encode())
    (name,) = launcher(account.put(f"datasets/{dataset}/train/a.csv", CSV), a_context())["runs"]
    return account.ledger.stored(name)


def this_month(account: Account) -> tuple[Decimal, Decimal]:
    """What is spent, and what is in flight at its worst case."""
    found = account.ledger.spending(spending.month_of(now()))
    return found.spent, found.reserved


@pytest.fixture
def ceiling(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda usd: monkeypatch.setenv("MAX_MONTHLY_COST_USD", str(usd))


def test_a_job_counts_at_its_worst_case_while_it_runs_and_at_its_cost_from_when_it_ended(
    account: Account, service: Service
) -> None:
    run = drop(account, "a")
    assert this_month(account) == (NOTHING, HOUR)
    ended = service.end(run.job, "Completed", BillableTimeInSeconds=130)
    for handler in (evaluator, dispatcher, notifier, evaluator, dispatcher):
        handler(ended, a_context())
    assert this_month(account) == (training_cost(130, 1, HOUR), NOTHING)


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_failed_or_was_stopped_costs_too(account: Account, service: Service, status: str) -> None:
    run = drop(account, "a")
    dispatch(service.end(run.job, status, FailureReason="AlgorithmError: exit code 1", BillableTimeInSeconds=60))
    assert this_month(account) == (training_cost(60, 1, HOUR), NOTHING)


def test_the_cost_of_several_attempts_adds_up(account: Account, service: Service, later: Any) -> None:
    run = drop(account, "a")
    dispatch(fail(service, run.job, BillableTimeInSeconds=100))
    assert this_month(account) == (training_cost(100, 1, HOUR), NOTHING)
    later(minutes=6)
    dispatch()
    assert this_month(account) == (training_cost(100, 1, HOUR), HOUR)
    dispatch(service.end(f"{run.run}-r2", "Completed", BillableTimeInSeconds=60))
    assert this_month(account) == (training_cost(160, 1, HOUR), NOTHING)


def test_a_further_attempt_that_might_go_over_the_runs_own_ceiling_is_not_made(
    account: Account, service: Service
) -> None:
    run = drop(account, "a", max_cost_usd=0.115)
    dispatch(fail(service, run.job, BillableTimeInSeconds=100))
    ended = only(account)
    assert (ended.status, ended.attempt) == (Status.FAILED, 1)
    assert "It was not tried again" in (ended.reason or "")


def test_a_launch_that_is_refused_is_not_counted_any_more(account: Account, service: Service) -> None:
    refuse(service)
    assert drop(account, "a").status is Status.WAITING
    assert this_month(account) == (NOTHING, NOTHING)


def test_the_first_run_that_the_month_has_no_room_for_is_rejected_before_launch_with_the_arithmetic(
    account: Account, service: Service, ceiling: Any
) -> None:
    ceiling("0.2")
    first = drop(account, "a")
    second = drop(account, "b")
    assert service.created == [first.job]
    assert second.status is Status.REJECTED
    month = spending.month_of(now())
    assert (second.reason or "").startswith(
        f"The run may cost $0.115 (3,600 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-08-11). With it "
        f"{month} would come to $0.23: $0.00 is spent, $0.115 in flight at its worst case. The stack's "
        "MaxMonthlyCostUsd is $0.20. Lower max_runtime, raise the parameter, or drop the file again from "
    )
    dispatch(service.end(first.job, "Completed", BillableTimeInSeconds=130))
    assert drop(account, "c").status is Status.IN_PROGRESS


def test_a_run_that_was_accepted_and_has_no_room_left_when_its_turn_comes_ends_without_a_job(
    account: Account, service: Service, ceiling: Any
) -> None:
    ceiling("0.2")
    refuse(service)
    runs = [drop(account, "a"), drop(account, "b")]
    assert [run.status for run in runs] == [Status.WAITING, Status.WAITING]
    service.refusals.clear()
    dispatch()
    first, second = (account.ledger.stored(run.run) for run in runs)
    assert service.created == [first.job]
    assert (second.status, second.launched_at) == (Status.FAILED, None)
    assert "MaxMonthlyCostUsd is $0.20" in (second.reason or "")


def test_a_price_that_is_not_known_cannot_keep_a_ceiling(account: Account, service: Service, ceiling: Any) -> None:
    ceiling("100")
    run = drop(account, "a", instance_type="ml.x9.large")
    assert (run.status, service.created) == (Status.REJECTED, [])
    assert run.reason == (
        "No price of ml.x9.large in us-east-1 is known, so MaxMonthlyCostUsd cannot be kept. Get the prices with "
        "`traindrop prices --refresh --stack STACK`, or set that parameter of the stack to 0."
    )


def test_prices_that_were_got_for_the_stack_are_gone_by(account: Account, service: Service) -> None:
    found = PriceList("us-east-1", date(2026, 11, 2), "AWS Price List API", {"ml.x9.large": "0.5"})
    aws.put(BUCKET, KEY, to_json([found]).encode(), "application/json")
    run = drop(account, "a", instance_type="ml.x9.large")
    assert run.tariff == Tariff(hourly_usd=Decimal("0.5"), region="us-east-1", as_of=date(2026, 11, 2))
    assert service.created == [run.job]


def test_a_run_without_a_known_price_is_launched_where_nothing_limits_it_and_is_not_counted(
    account: Account, service: Service
) -> None:
    run = drop(account, "a", instance_type="ml.x9.large")
    assert service.created == [run.job]
    dispatch(service.end(run.job, "Completed", BillableTimeInSeconds=130))
    assert this_month(account) == (NOTHING, NOTHING)


def test_of_many_that_are_counted_at_the_same_moment_no_more_get_through_than_there_is_room_for(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_item, lock = DynamoDBBackend.update_item, Lock()

    def atomically(*arguments: Any, **named: Any) -> Any:
        """As DynamoDB does: moto's threads may come between the condition and the write."""
        with lock:
            return update_item(*arguments, **named)

    monkeypatch.setattr(DynamoDBBackend, "update_item", atomically)
    jobs = [f"traindrop-flowers-{number:012x}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        counted = list(pool.map(lambda job: account.ledger.reserve("2026-11", job, HOUR, Decimal("0.5")), jobs))
    assert counted.count(True) == 4
    assert account.ledger.spending("2026-11").total == 4 * HOUR


def test_counting_and_settling_twice_is_the_same_as_once(account: Account) -> None:
    ledger = account.ledger
    assert [ledger.reserve("2026-11", "a-job", HOUR, HOUR) for _ in range(2)] == [True, True]
    assert ledger.spending("2026-11").total == HOUR
    assert [ledger.settle("2026-11", "a-job", Decimal("0.01")) for _ in range(2)] == [True, False]
    assert ledger.spending("2026-11").total == Decimal("0.01")
    assert ledger.spending("2026-11").in_flight == {}


def test_each_month_has_its_own_sum(account: Account) -> None:
    assert account.ledger.reserve("2026-11", "one", HOUR, HOUR)
    assert not account.ledger.reserve("2026-11", "two", HOUR, HOUR)
    assert account.ledger.reserve("2026-12", "two", HOUR, HOUR)


def test_a_job_counts_in_the_month_of_its_launch_however_late_it_ends(
    account: Account, service: Service, later: Any
) -> None:
    run, month = drop(account, "a"), spending.month_of(now())
    later(days=32)
    dispatch(service.end(run.job, "Completed", BillableTimeInSeconds=130))
    assert account.ledger.spending(month).total == training_cost(130, 1, HOUR)
    assert this_month(account) == (NOTHING, NOTHING)


def test_what_nobody_settled_is_settled_with_the_next_minute(account: Account, service: Service) -> None:
    run = drop(account, "a")
    service.end(run.job, "Completed", BillableTimeInSeconds=130)
    # As where the evaluator broke down before it had asked about the job.
    account.ledger.advance(run.run, Status.EVALUATION_FAILED, now(), reason="broke down", notified_at=now())
    dispatch(TICK)
    assert this_month(account) == (training_cost(130, 1, HOUR), NOTHING)


def test_what_still_runs_is_left_at_its_worst_case(account: Account, service: Service) -> None:
    run = drop(account, "a")
    dispatch(TICK)
    assert service.created == [run.job]
    assert this_month(account) == (NOTHING, HOUR)


def test_a_launch_that_was_cut_off_before_the_month_ended_counts_in_the_next_one_only(account: Account) -> None:
    at = now()
    run = a_run(
        created_at=at.replace(year=at.year - 1), instance_type="ml.m5.large", launch_tries=2, max_runtime=3600,
        region="us-east-1", tariffs={"ml.m5.large": TARIFF},
    )  # fmt: skip
    ledger = account.ledger
    stored(ledger, run)
    before = spending.month_of(run.created_at)
    assert ledger.reserve(before, run.job, HOUR, None)
    assert spending.reserve(run, ledger, None) is None
    assert ledger.spending(before).total == 0
    assert this_month(account) == (NOTHING, HOUR)


def test_a_month_is_no_run(account: Account) -> None:
    assert Ledger(account.ledger._table.name).reserve("2026-11", "a-job", HOUR, None)
    assert account.runs() == []
