"""The stack's metrics: what is measured, when, and that CloudWatch can read it."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.builders import a_run

from traindrop.logs import about
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


def test_a_measurement_of_a_run_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    with about("traindrop-flowers-0123456789ab"):
        measure("traindrop", RunsLaunched=1)
    assert json.loads(capsys.readouterr().out)["correlation_id"] == "traindrop-flowers-0123456789ab"


def test_nothing_is_written_where_there_is_nothing_to_measure(capsys: pytest.CaptureFixture[str]) -> None:
    measure("traindrop", **of_line([], [], Decimal(3), None, NOW))
    assert capsys.readouterr().out == ""


def test_the_line_is_measured_by_its_oldest_run() -> None:
    values = of_line([PLACE, PLACE.model_copy(update={"created_at": NOW})], [RUN], Decimal("0.5"), None, NOW)
    assert values == {
        "WaitingRuns": 2, "OldestWaitingMinutes": 30, "RunningJobs": 1, "OverdueRuns": 0, "MonthSpendUsd": 0.5,
    }  # fmt: skip


def test_a_further_attempt_waits_since_it_may_be_made_and_not_since_its_file_was_dropped() -> None:
    again = PLACE.model_copy(update={"not_before": NOW - timedelta(minutes=4)})
    pausing = PLACE.model_copy(update={"not_before": NOW + timedelta(minutes=4)})
    assert of_line([again], [], Decimal(0), None, NOW)["OldestWaitingMinutes"] == 4
    assert of_line([pausing], [], Decimal(0), None, NOW)["OldestWaitingMinutes"] == 0


def test_those_of_the_running_jobs_that_are_overdue_are_counted() -> None:
    running = {"status": Status.IN_PROGRESS, "launched_at": RUN.created_at, "longest_seconds": 3600}
    jobs = [RUN.model_copy(update=running), RUN.model_copy(update={**running, "longest_seconds": 86400})]
    values = of_line([], jobs, Decimal(0), None, RUN.created_at + timedelta(hours=3))
    assert (values["RunningJobs"], values["OverdueRuns"]) == (2, 1)


def test_what_is_spent_is_measured_against_the_ceiling_where_there_is_one() -> None:
    assert of_line([PLACE], [], Decimal(8), Decimal(10), NOW)["MonthSpendShare"] == 0.8
    assert "MonthSpendShare" not in of_line([PLACE], [], Decimal(8), None, NOW)


@pytest.mark.parametrize(
    ("status", "metric"),
    [(Status.EVALUATED, "RunsEvaluated"), (Status.REJECTED, "RunsRejected"), (Status.FAILED, "RunsFailed"),
     (Status.EVALUATION_FAILED, "RunsFailed"), (Status.STOPPED, "RunsStopped")],
)  # fmt: skip
def test_each_end_is_counted_under_its_outcome(status: Status, metric: str) -> None:
    assert of_end(RUN.model_copy(update={"status": status}), NOW)[metric] == 1


def test_an_evaluated_run_tells_how_long_it_took_from_drop_to_message_and_what_was_billed() -> None:
    values = of_end(RUN.model_copy(update={"status": Status.EVALUATED, "billable_seconds": 130}), NOW)
    assert (values["DropToMessageSeconds"], values["BillableSeconds"]) == (1800, 130)


def test_of_a_repeated_drop_the_message_alone_is_counted() -> None:
    assert of_end(RUN.model_copy(update={"status": Status.REPEATED}), NOW) == {"MessagesSent": 1}


def test_every_value_has_a_unit() -> None:
    ended = RUN.model_copy(update={"status": Status.EVALUATED, "billable_seconds": 1})
    assert of_end(ended, NOW).keys() | of_line([PLACE], [RUN], Decimal(0), Decimal(9), NOW).keys() <= UNITS.keys()


@pytest.mark.parametrize(("minutes", "overdue"), [(119, False), (121, True)])
def test_a_run_is_overdue_an_hour_after_its_job_should_have_ended(minutes: int, overdue: bool) -> None:
    running = {"status": Status.IN_PROGRESS, "launched_at": RUN.created_at, "longest_seconds": 3600}
    assert is_overdue(RUN.model_copy(update=running), RUN.created_at + timedelta(minutes=minutes)) is overdue


def test_the_time_counts_from_the_latest_moment_that_the_job_was_surely_not_yet_launched() -> None:
    # A launch that was cut off leaves no time of its own: there is that of an earlier attempt, or none.
    at = RUN.created_at + timedelta(hours=9)
    running = RUN.model_copy(update={"status": Status.IN_PROGRESS, "longest_seconds": 3600})
    assert is_overdue(running, at)
    assert not is_overdue(running.model_copy(update={"not_before": at - timedelta(hours=1)}), at)
    assert not is_overdue(running.model_copy(update={"refused_at": at - timedelta(hours=1)}), at)


def test_a_run_that_waits_or_has_ended_is_never_overdue() -> None:
    launched = {"launched_at": RUN.created_at, "longest_seconds": 60}
    for status in (Status.WAITING, Status.EVALUATED):
        assert not is_overdue(RUN.model_copy(update={**launched, "status": status}), NOW + timedelta(days=9))
