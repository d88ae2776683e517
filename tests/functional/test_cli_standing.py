"""What `runs`, `show` and --json say of a run that waits, is tried again, or was answered before."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console
from tests.builders import a_run
from tests.functional.conftest import Account

from traindrop.run import Run, Status, Tariff
from traindrop.waiting_line import Place
from traindrop_cli.kept import files_of
from traindrop_cli.result import as_json
from traindrop_cli.run_table import list_runs
from traindrop_cli.standing import attempt, in_line, is_launched, ordinal
from traindrop_cli.summary import print_run

CAME = datetime(2026, 11, 12, tzinfo=UTC)


def place(run: str, seconds: float, instance_type: str = "ml.m5.large") -> Place:
    return Place(run=run, created_at=CAME + timedelta(seconds=seconds), instance_type=instance_type)


def waiting(**changes: object) -> Run:
    return a_run(instance_type="ml.m5.large", waits_for="a free instance: the quota is 1, and 1 are in use", **changes)


LINE = [place("early", -5), place("other type", -4, "ml.c5.xlarge"), place("late", 5)]


def test_a_place_in_the_line_counts_those_who_came_earlier_for_the_same_instance_type() -> None:
    run = waiting()
    line = [*LINE, place(run.run, 0)]
    assert in_line(run, line) == (
        "2nd in line for ml.m5.large, waits for a free instance: the quota is 1, and 1 are in use"
    )
    shown = as_json(run, line)
    assert (shown["place_in_line"], shown["attempt"]) == (2, 1)
    assert shown["waits_for"].startswith("a free instance")


def test_one_that_is_to_be_tried_again_says_when_at_the_earliest() -> None:
    run = waiting(attempt=2, not_before=CAME + timedelta(minutes=5))
    assert (in_line(run, [])) is not None
    assert (in_line(run, []) or "").endswith(", not before 00:05:00 UTC")


def test_what_does_not_apply_is_null_or_empty() -> None:
    shown = as_json(waiting(status=Status.IN_PROGRESS), LINE)
    not_applicable = ("place_in_line", "waits_for", "answered_by", "earlier_failures", "stop_requested_by")
    assert [shown[name] for name in not_applicable] == [None, None, None, [], None]


FAILURES = ("traindrop-a: InternalServerError: try again", "traindrop-a-r2: CapacityError: Unable to provision")


def test_a_further_attempt_says_its_number_and_the_kind_of_the_last_failure() -> None:
    assert attempt(a_run(attempt=3, earlier_failures=FAILURES)) == "attempt 3 of 3 after CapacityError"
    assert attempt(a_run()) == ""


def test_a_launch_of_the_attempt_before_is_not_taken_for_one_of_this_attempt() -> None:
    launched = a_run(launched_at=CAME, instance_type="ml.m5.large", status=Status.IN_PROGRESS)
    assert is_launched(launched)
    again = {"status": Status.WAITING, "attempt": 2, "refused_at": CAME + timedelta(minutes=1)}
    assert not is_launched(launched.model_copy(update=again))
    assert not is_launched(launched.model_copy(update=again | {"status": Status.FAILED}))
    anew = {"status": Status.IN_PROGRESS, "launched_at": CAME + timedelta(minutes=2)}
    assert is_launched(launched.model_copy(update=again | anew))


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")]
)
def test_places_are_spelled_as_people_do(number: int, text: str) -> None:
    assert ordinal(number) == text


def printed(run: Run, *line: Place) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_run(run, console, line=line)
    list_runs([run], console, line)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_a_person_reads_the_attempt_the_earlier_failures_and_who_asked_to_stop_it() -> None:
    run = waiting(attempt=3, earlier_failures=FAILURES, stop_requested_by="arn:aws:iam::111122223333:user/ada")
    text = printed(run, *LINE)
    assert "2nd in line for ml.m5.large" in text
    assert "It is at attempt 3 of 3 after CapacityError." in text
    assert all(f"Earlier attempt: {failure}" in text for failure in FAILURES)
    assert text.count("arn:aws:iam::111122223333:user/ada asked to stop it") == 2


def test_of_a_repeated_drop_the_list_names_the_run_that_has_the_answer() -> None:
    assert "answered by traindrop-a-0123456789ab" in printed(
        a_run(status=Status.REPEATED, answered_by="traindrop-a-0123456789ab", reason="The same bytes")
    )


TARIFF = Tariff(hourly_usd=Decimal("0.115"), region="us-east-1", as_of=date(2026, 11, 1))
PRICED = {
    "instance_type": "ml.m5.large",
    "region": "us-east-1",
    "tariffs": {"ml.m5.large": TARIFF},
    "max_runtime": 3600,
}
TRAINED = {"training_started_at": CAME, "training_ended_at": CAME, "billable_seconds": 130}


@pytest.mark.parametrize(
    ("status", "fields", "cost"),
    [
        (Status.IN_PROGRESS, PRICED, "up to $0.115"),
        (Status.IN_PROGRESS, {}, "unknown"),
        (Status.EVALUATED, PRICED | TRAINED, "$0.0042"),
        (Status.FAILED, PRICED | TRAINED, "$0.0042"),
        (Status.EVALUATED, TRAINED, "unknown"),
        (Status.REJECTED, {"reason": "No."}, ""),
    ],
)
def test_the_list_says_what_each_run_costs(status: Status, fields: dict[str, Any], cost: str) -> None:
    console = Console(file=io.StringIO(), width=200)
    list_runs([a_run(status=status, **fields)], console, [])
    header, row = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert row[header.index("cost") : header.index("started")].strip() == cost


def test_on_the_local_aws_the_cost_is_said_to_be_what_aws_would_bill(account: Account) -> None:  # noqa: ARG001
    console = Console(file=io.StringIO(), width=200)
    for run in (a_run(status=Status.EVALUATED, **PRICED, **TRAINED), a_run(status=Status.REJECTED)):
        print_run(run, console, is_local=True)
    assert console.file.getvalue().count("nothing was billed") == 1  # type: ignore[attr-defined]


def test_scripts_are_told_the_worst_case_before_and_the_cost_after() -> None:
    before = as_json(a_run(**PRICED))
    assert (before["worst_case_usd"], before["cost"]) == (0.115, None)
    assert as_json(a_run(status=Status.EVALUATED, **PRICED, **TRAINED))["cost"]["usd"] == pytest.approx(0.00415278)


def test_what_is_kept_of_a_run_has_the_last_attempts_artifacts_in_their_usual_place() -> None:
    run = a_run(attempt=2)
    stored = {
        f"runs/{run.run}/": ["request.json", "evaluation.json", "output/output.tar.gz"],
        f"runs/{run.run}-r2/": ["output/model.tar.gz", "output/output.tar.gz"],
    }
    found = dict(files_of(run, lambda prefix: [prefix + name for name in stored[prefix]]))
    assert found == {
        f"runs/{run.run}/request.json": "request.json",
        f"runs/{run.run}/evaluation.json": "evaluation.json",
        f"runs/{run.run}/output/output.tar.gz": "attempt-1/output/output.tar.gz",
        f"runs/{run.run}-r2/output/model.tar.gz": "output/model.tar.gz",
        f"runs/{run.run}-r2/output/output.tar.gz": "output/output.tar.gz",
    }
