"""The stack's metrics: what is measured, when, and that CloudWatch can read it."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.builders import a_run

from traindrop.measuring import UNITS, is_overdue, measure, of_end, of_line
from traindrop.run import Status
from traindrop.waiting_line import Place

RUN = a_run()
NOW = RUN.created_at + timedelta(minutes=30)
PLACE = Place(run="r", created_at=RUN.created_at, instance_type="ml.m5.large")


def test_a_measurement_is_one_line_in_cloudwatchs_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    measure("traindrop", WaitingRuns=2, MonthSpendUsd=1.5)
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("traindrop", [["stack"]])
    assert {each["Name"]: each["Unit"] for each in directive["Metrics"]} == {
        "WaitingRuns": "Count",
        "MonthSpendUsd": "None",
    }
    assert (found["stack"], found["WaitingRuns"], found["MonthSpendUsd"]) == ("traindrop", [2], [1.5])


def test_nothing_is_written_where_there_is_nothing_to_measure(capsys: pytest.CaptureFixture[str]) -> None:
    measure("traindrop", **of_line([], 0, Decimal(3), None, NOW))
    assert capsys.readouterr().out == ""


def test_the_line_is_measured_by_its_oldest_run() -> None:
    values = of_line([PLACE, PLACE.model_copy(update={"created_at": NOW})], 3, Decimal("0.5"), None, NOW)
    assert values == {"WaitingRuns": 2, "OldestWaitingMinutes": 30, "RunningJobs": 3, "MonthSpendUsd": 0.5}


def test_what_is_spent_is_measured_against_the_ceiling_where_there_is_one() -> None:
    assert of_line([PLACE], 0, Decimal(8), Decimal(10), NOW)["MonthSpendShare"] == 0.8
    assert "MonthSpendShare" not in of_line([PLACE], 0, Decimal(8), None, NOW)


@pytest.mark.parametrize(
    ("status", "metric"),
    [(Status.EVALUATED, "RunsEvaluated"), (Status.REJECTED, "RunsRejected"), (Status.FAILED, "RunsFailed"),
     (Status.EVALUATION_FAILED, "RunsFailed")],
)  # fmt: skip
def test_each_end_is_counted_under_its_outcome(status: Status, metric: str) -> None:
    assert of_end(RUN.model_copy(update={"status": status}), NOW)[metric] == 1


def test_an_evaluated_run_tells_how_long_it_took_from_drop_to_message_and_what_was_billed() -> None:
    values = of_end(RUN.model_copy(update={"status": Status.EVALUATED, "billable_seconds": 130}), NOW)
    assert (values["DropToMessageSeconds"], values["BillableSeconds"]) == (1800, 130)


def test_a_repeated_drop_and_a_stopped_run_are_neither_success_nor_failure() -> None:
    assert of_end(RUN.model_copy(update={"status": Status.REPEATED}), NOW) == {}
    assert of_end(RUN.model_copy(update={"status": Status.STOPPED}), NOW) == {}


def test_every_value_has_a_unit() -> None:
    ended = RUN.model_copy(update={"status": Status.EVALUATED, "billable_seconds": 1})
    assert of_end(ended, NOW).keys() | of_line([PLACE], 1, Decimal(0), Decimal(9), NOW).keys() <= UNITS.keys()


@pytest.mark.parametrize(("minutes", "overdue"), [(119, False), (121, True)])
def test_a_run_is_overdue_an_hour_after_its_job_should_have_ended(minutes: int, overdue: bool) -> None:
    running = {"status": Status.IN_PROGRESS, "launched_at": RUN.created_at, "longest_seconds": 3600}
    assert is_overdue(RUN.model_copy(update=running), RUN.created_at + timedelta(minutes=minutes)) is overdue


def test_a_run_that_waits_or_has_ended_is_never_overdue() -> None:
    launched = {"launched_at": RUN.created_at, "longest_seconds": 60}
    for status in (Status.WAITING, Status.EVALUATED):
        assert not is_overdue(RUN.model_copy(update={**launched, "status": status}), NOW + timedelta(days=9))
