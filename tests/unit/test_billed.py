"""What a run did cost, as evaluation.json, --json and a message say it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.builders import a_run

from traindrop.billed import cost_line, cost_of_run, run_usd
from traindrop.message import compose
from traindrop.outcome import outcome_of
from traindrop.run import Run, Status, Tariff

AT = datetime(2026, 11, 12, tzinfo=UTC)
TARIFF = Tariff(hourly_usd=Decimal("0.115"), region="us-east-1", as_of=date(2026, 11, 1))


def trained(**changes: Any) -> Run:
    run = a_run(
        status=Status.EVALUATED, instance_type="ml.m5.large", region="us-east-1", tariffs={"ml.m5.large": TARIFF},
        billable_seconds=130, training_seconds=130,
        launched_at=AT, training_started_at=AT, training_ended_at=AT, ended_at=AT,
    )  # fmt: skip
    return run.model_copy(update=changes)


def test_the_cost_is_told_with_its_arithmetic() -> None:
    line = "$0.0042 (130 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-11-01)"
    assert cost_line(trained()) == line
    assert f"  Cost        {line}\n" in compose(outcome_of(trained(), [], "")).body


def test_the_seconds_of_a_tuning_are_those_of_all_its_trials_already() -> None:
    assert cost_line(trained(max_trials=20)) == cost_line(trained())
    assert run_usd(trained(max_trials=20)) == run_usd(trained())


def test_what_spot_saved_is_told() -> None:
    line = cost_line(trained(training_seconds=433))
    assert line is not None
    assert line.endswith("prices of 2026-11-01), 70% saved by spot")


@pytest.mark.parametrize("status", [Status.FAILED, Status.STOPPED, Status.EVALUATION_FAILED])
def test_runs_that_went_wrong_cost_too(status: Status) -> None:
    run = trained(status=status, reason="It broke.")
    assert "Cost        $0.0042" in compose(outcome_of(run, [], "")).body


@pytest.mark.parametrize("status", [Status.REJECTED, Status.REPEATED, Status.FAILED, Status.WAITING])
def test_what_was_never_launched_has_no_cost(status: Status) -> None:
    run = a_run(status=status, instance_type="ml.m5.large", tariffs={"ml.m5.large": TARIFF})
    assert (cost_line(run), cost_of_run(run), run_usd(run)) == (None, None, Decimal(0))


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    assert cost_line(trained(tariffs={})) == (
        "unknown (no price of ml.m5.large in us-east-1; for the next runs: traindrop prices --refresh --stack STACK)"
    )
    found = cost_of_run(trained(tariffs={}))
    assert found is not None
    assert (found.usd, found.hourly_usd, found.billable_seconds) == (None, None, 130)


def test_a_job_that_trained_and_of_which_no_billable_seconds_are_told_has_no_known_cost() -> None:
    assert cost_line(trained(billable_seconds=None)) == "unknown (SageMaker told no billable seconds)"


def test_attempts_that_never_had_an_instance_cost_nothing_and_earlier_ones_count() -> None:
    waited = {"billable_seconds": None, "training_started_at": None}
    assert run_usd(trained(**waited)) == 0
    assert run_usd(trained(**waited, earlier_billable_seconds=3600, earlier_failures=("one",))) == Decimal("0.115")


def test_every_part_of_the_cost_stands_in_the_json() -> None:
    found = cost_of_run(trained(instance_count=2, training_seconds=260))
    assert found is not None
    assert found.model_dump(mode="json") == {
        "usd": 0.008305555556, "billable_seconds": 130, "instance_count": 2, "instance_type": "ml.m5.large",
        "hourly_usd": 0.115, "region": "us-east-1", "prices_of": "2026-11-01", "spot_saving": 0.5,
    }  # fmt: skip
