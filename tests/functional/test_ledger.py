"""The runs table, in an account of moto's: accepting, moving on, listing."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import a_run, stored
from tests.functional.conftest import TABLE, Account

from traindrop.ledger import LEASE
from traindrop.looks import MAX_LOOKS
from traindrop.run import COMES_FROM, FINAL, Run, Status

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
NAME = a_run().run
# One account for all examples: each example has a run of its own.
SHARED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def names(runs: Iterable[Run]) -> list[str]:
    return [run.run for run in runs]


def item(key: str) -> dict[str, Any]:
    found: Any = boto3.resource("dynamodb").Table(TABLE).get_item(Key={"run": key}).get("Item", {})
    return dict(found)


# ----------------------------------------------------------------------- accepting


def test_a_run_comes_back_as_it_was_written(account: Account) -> None:
    run = a_run(
        version_id="v1", target="größe", task="binary", rows=60, notes=("one", "two"), launched_at=NOON,
        metrics={"auc": 0.1 + 0.2, "precision": None}, intervals={"auc": (0.25, 0.35)}, metric="auc",
        attempt=2, earlier_failures=("a-job: CapacityError",), not_before=NOON, waits_for="a free instance",
    )  # fmt: skip
    stored(account.ledger, run)
    assert account.ledger.get(run.run) == run


def test_an_unknown_run_is_none_or_an_error_where_it_has_to_be_there(account: Account) -> None:
    assert account.ledger.get("nothing") is None
    with pytest.raises(KeyError, match="nothing"):
        account.ledger.stored("nothing")


def test_a_run_is_accepted_once_and_the_second_try_changes_nothing(account: Account) -> None:
    assert account.ledger.accept(a_run(rows=1), "upload 1", NOON)
    assert not account.ledger.accept(a_run(rows=2), "upload 2", NOON)
    assert account.ledger.stored(NAME).rows == 1
    assert account.ledger.answer_to("upload 1") == NAME
    assert account.ledger.answer_to("upload 2") is None


def test_an_upload_is_answered_once_and_a_second_answer_leaves_no_run_behind(account: Account) -> None:
    assert account.ledger.accept(a_run(), "upload", NOON)
    assert not account.ledger.accept(a_run(run="another"), "upload", NOON)
    assert account.ledger.answer_to("upload") == NAME
    assert account.ledger.get("another") is None


def test_a_further_run_of_the_same_content_is_written_on_the_first_one_and_only_where_nobody_was_faster(
    account: Account,
) -> None:
    first = stored(account.ledger, a_run())
    assert account.ledger.accept(a_run(run="second"), "upload 2", NOON, after=first)
    found = account.ledger.stored(NAME)
    assert (found.generations, found.latest_run) == (2, "second")
    assert not account.ledger.accept(a_run(run="too-late"), "upload 3", NOON, after=first)
    assert (account.ledger.get("too-late"), account.ledger.answer_to("upload 3")) == (None, None)
    assert account.ledger.stored(NAME) == found


def test_a_service_that_cannot_take_the_run_is_no_lost_race(account: Account) -> None:
    with pytest.raises(ClientError):
        account.ledger.accept(a_run(notes=("x" * 500_000,)), "upload", NOON)
    assert account.ledger.answer_to("upload") is None


def test_a_run_answers_a_further_upload_unless_that_is_answered(account: Account) -> None:
    stored(account.ledger, a_run())
    assert account.ledger.attach("upload 2", NAME)
    assert not account.ledger.attach("upload 2", "another")
    assert account.ledger.answer_to("upload 2") == NAME


def test_an_upload_is_forgotten_only_where_the_named_run_answers_it(account: Account) -> None:
    account.ledger.accept(a_run(), "upload", NOON)
    account.ledger.forget("upload", "another")
    assert account.ledger.answer_to("upload") == NAME
    account.ledger.forget("upload", NAME)
    account.ledger.forget("upload", NAME)
    assert account.ledger.answer_to("upload") is None
    assert account.ledger.get(NAME) is not None


@SHARED
@given(st.floats())
def test_any_float_that_is_a_number_comes_back_as_the_same_number(account: Account, value: float) -> None:
    run = a_run(run=f"run-{uuid4()}", metrics={"rmse": value}, intervals={"rmse": (value, value)})
    if not math.isfinite(value):
        run = run.model_copy(update={"intervals": {}})
    stored(account.ledger, run)
    assert account.ledger.stored(run.run).metrics == {"rmse": value if math.isfinite(value) else None}
    assert account.ledger.stored(run.run).intervals == run.intervals


# ----------------------------------------------------------------------- moving on


def test_a_run_advances_exactly_where_its_status_may_follow(account: Account) -> None:
    for start, wanted in product(Status, Status):  # one account for all pairs: making one takes longer than the test
        name = f"{start}-to-{wanted}"
        stored(account.ledger, a_run(run=name, status=start))
        allowed = start in COMES_FROM[wanted]
        moved = account.ledger.advance(name, wanted, NOON, reason="because")
        run = account.ledger.stored(name)
        assert moved == (run if allowed else None), name
        assert (run.status, run.reason) == ((wanted, "because") if allowed else (start, None)), name


@SHARED
@given(st.lists(st.sampled_from(Status), max_size=12))
def test_late_and_repeated_events_in_any_order_never_change_a_run_that_ended(
    account: Account, events: list[Status]
) -> None:
    name = f"run-{uuid4()}"
    stored(account.ledger, a_run(run=name))
    history = [Status.WAITING]
    for status in events:
        if account.ledger.advance(name, status, NOON, reason=f"step {len(history)}"):
            history.append(status)
        found = account.ledger.stored(name)
        assert found.status is history[-1]
        assert found.reason == (f"step {len(history) - 1}" if len(history) > 1 else None)
    assert len(set(history)) == len(history)
    assert all(status not in FINAL for status in history[:-1])


def test_a_run_that_is_not_there_cannot_advance(account: Account) -> None:
    assert account.ledger.advance("nothing", Status.COMPLETED, NOON) is None
    assert account.ledger.get("nothing") is None


def test_what_is_told_of_an_earlier_attempt_does_not_move_the_run(account: Account) -> None:
    stored(account.ledger, a_run(status=Status.IN_PROGRESS, attempt=2))
    assert account.ledger.advance(NAME, Status.FAILED, NOON, attempt=1) is None
    moved = account.ledger.advance(NAME, Status.COMPLETED, NOON, attempt=2)
    assert moved is not None
    assert moved.status is Status.COMPLETED


def test_what_is_not_known_does_not_wipe_out_what_is(account: Account) -> None:
    stored(account.ledger, a_run(status=Status.IN_PROGRESS, reason="known"))
    account.ledger.advance(NAME, Status.COMPLETED, NOON, reason=None, billable_seconds=60)
    run = account.ledger.stored(NAME)
    assert (run.reason, run.billable_seconds) == ("known", 60)


def test_a_further_attempt_is_begun_once_and_takes_the_old_place_in_the_line(account: Account) -> None:
    ledger = account.ledger
    run = stored(ledger, a_run(status=Status.IN_PROGRESS, launched_at=NOON, instance_type="ml.m5.large"))
    again = ledger.try_again(run, NOON, waits_for="attempt 2 of 3")
    assert again is not None
    assert (again.status, again.attempt, again.job) == (Status.WAITING, 2, f"{NAME}-r2")
    assert ledger.try_again(run, NOON) is None
    (place,) = ledger.waiting()
    assert (place.run, place.created_at, place.waits_for) == (NAME, run.created_at, "attempt 2 of 3")


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.WAITING, Status.IN_PROGRESS}))
def test_a_run_that_is_past_its_training_is_neither_tried_again_nor_stopped(account: Account, status: Status) -> None:
    run = stored(account.ledger, a_run(status=status))
    assert account.ledger.try_again(run, NOON) is None
    assert account.ledger.request_stop(NAME, "anna") is None
    assert account.ledger.stored(NAME) == run


@pytest.mark.parametrize("status", [Status.WAITING, Status.IN_PROGRESS])
def test_the_wish_to_stop_a_run_is_noted_with_its_author(account: Account, status: Status) -> None:
    stored(account.ledger, a_run(status=status))
    wished = account.ledger.request_stop(NAME, "anna")
    assert wished is not None
    assert (wished.status, wished.stop_requested_by) == (status, "anna")


def test_only_an_evaluation_that_broke_down_is_opened_again_and_then_told_anew(account: Account) -> None:
    ended = {"status": Status.EVALUATION_FAILED, "reason": "it broke", "ended_at": NOON, "notified_at": NOON}
    stored(account.ledger, a_run(run="bad-model", **ended))
    stored(account.ledger, a_run(run="broken", **ended, failed_function="evaluator"))
    assert account.ledger.reopen_evaluation("bad-model", NOON) is None
    run = account.ledger.reopen_evaluation("broken", NOON)
    assert run is not None
    assert (run.status, run.reason, run.failed_function, run.notified_at) == (Status.COMPLETED, None, None, None)
    assert account.ledger.claim_message("broken", NOON)


# ----------------------------------------------------------------- launching, slots


def test_one_of_two_may_launch_and_the_next_one_only_after_the_lease(account: Account) -> None:
    stored(account.ledger, a_run())
    first = account.ledger.claim_launch(NAME, NOON)
    assert first is not None
    assert first.launch_tries == 1
    assert account.ledger.claim_launch(NAME, NOON + LEASE) is None
    second = account.ledger.claim_launch(NAME, NOON + LEASE + timedelta(seconds=1))
    assert second is not None
    assert second.launch_tries == 2


def test_a_refused_launch_may_be_tried_again_at_once_and_does_not_count(account: Account) -> None:
    stored(account.ledger, a_run(instance_type="ml.m5.large"))
    run = account.ledger.claim_launch(NAME, NOON)
    assert run is not None
    account.ledger.keep_waiting(run, "a free instance", NOON)
    (place,) = account.ledger.waiting()
    assert place.waits_for == "a free instance"
    again = account.ledger.claim_launch(NAME, NOON)
    assert again is not None
    assert again.launch_tries == 1


def test_who_stands_in_line_without_a_try_takes_no_launch_from_anyone_and_hides_none_that_was_cut_off(
    account: Account,
) -> None:
    run = a_run(instance_type="ml.m5.large")
    stored(account.ledger, run)
    assert account.ledger.claim_launch(NAME, NOON) is not None
    assert not account.ledger.stand_in_line(run, "its turn", NOON)
    later = NOON + LEASE + timedelta(seconds=1)
    assert account.ledger.stand_in_line(run, "its turn", later)
    assert not account.ledger.stand_in_line(run, "something else", later)
    (place,) = account.ledger.waiting()
    assert place.waits_for == "its turn"
    again = account.ledger.claim_launch(NAME, later)
    assert again is not None
    assert again.launch_tries == 2


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.WAITING}))
def test_only_a_waiting_run_can_be_claimed_for_its_launch(account: Account, status: Status) -> None:
    stored(account.ledger, a_run(status=status))
    assert account.ledger.claim_launch(NAME, NOON) is None


def test_there_are_as_many_slots_as_asked_for_and_a_job_takes_one_however_often_it_asks(account: Account) -> None:
    ledger = account.ledger
    assert ledger.slots() == set()
    assert [ledger.take_slot(job, most=2) for job in ("a", "a", "b", "c", "b")] == [True, True, True, False, True]
    assert ledger.slots() == {"a", "b"}
    ledger.release_slot("a")
    ledger.release_slot("a")
    assert ledger.take_slot("c", most=2)
    for job in ("b", "c", "nobody"):
        ledger.release_slot(job)
    assert ledger.slots() == set()
    assert ledger.take_slot("d", most=1)


# ----------------------------------------------------------- the line, looking after


def test_the_line_is_in_the_order_of_acceptance_and_holds_only_those_that_wait(account: Account) -> None:
    for minute, (name, status) in enumerate(
        [("first", Status.WAITING), ("trains", Status.IN_PROGRESS), ("second", Status.WAITING)]
    ):
        created_at = NOON + timedelta(minutes=minute)
        stored(account.ledger, a_run(run=name, status=status, created_at=created_at, instance_type="ml.m5.large"))
    assert [place.run for place in account.ledger.waiting()] == ["first", "second"]
    account.ledger.advance("first", Status.IN_PROGRESS, NOON)
    assert [place.run for place in account.ledger.waiting()] == ["second"]


def test_each_instance_type_has_a_line_of_its_own_however_long(account: Account) -> None:
    kinds = ["ml.m5.large", "ml.m5.xlarge", "ml.c5.large"]
    for number in range(26):
        kind = kinds[number % 2] if number else kinds[2]
        came = NOON + timedelta(seconds=number)
        stored(account.ledger, a_run(run=f"run-{number:02}", created_at=came, instance_type=kind))
    expected = {kinds[2]: [0], kinds[0]: list(range(2, 26, 2)), kinds[1]: list(range(1, 26, 2))}
    lines = [[(place.instance_type, int(place.run[-2:])) for place in line] for line in account.ledger.lines()]
    assert lines == [[(kind, number) for number in numbers] for kind, numbers in sorted(expected.items())]
    for kind, numbers in expected.items():
        assert [int(place.run[-2:]) for place in account.ledger.line_for(kind)] == numbers
    assert list(account.ledger.line_for("ml.m5")) == []


def test_a_run_is_due_when_its_time_has_come_and_one_of_two_takes_the_look(account: Account) -> None:
    ledger = account.ledger
    stored(ledger, a_run())
    ledger.advance(NAME, Status.IN_PROGRESS, NOON)
    assert names(ledger.due(NOON + timedelta(minutes=9))) == []
    later = NOON + timedelta(minutes=11)
    (run,) = ledger.due(later)
    assert ledger.claim_look(run, later)
    assert not ledger.claim_look(run, later)
    assert names(ledger.due(later)) == []
    assert names(ledger.due(later + timedelta(minutes=20))) == [NAME]


def test_a_look_at_a_run_that_moved_on_meanwhile_is_not_taken(account: Account) -> None:
    run = stored(account.ledger, a_run(status=Status.IN_PROGRESS))
    account.ledger.advance(NAME, Status.COMPLETED, NOON)
    assert not account.ledger.claim_look(run, NOON)


def test_the_last_look_takes_a_run_out_of_the_index(account: Account) -> None:
    run = stored(account.ledger, a_run(status=Status.FAILED, looks=MAX_LOOKS - 1))
    assert account.ledger.claim_look(run, NOON)
    assert names(account.ledger.due(NOON + timedelta(days=365))) == []
    assert item(NAME).keys().isdisjoint({"stage", "turn"})


def test_a_run_that_waits_longer_than_any_look_is_never_due(account: Account) -> None:
    stored(account.ledger, a_run())
    assert names(account.ledger.due(NOON + timedelta(days=365))) == []


# -------------------------------------------------------------------------- telling


def test_one_of_two_gets_the_claim_and_the_next_one_only_when_it_ran_out(account: Account) -> None:
    stored(account.ledger, a_run(status=Status.EVALUATED))
    assert account.ledger.claim_message(NAME, NOON)
    assert not account.ledger.claim_message(NAME, NOON)
    assert not account.ledger.claim_message(NAME, NOON + timedelta(seconds=44))
    assert account.ledger.claim_message(NAME, NOON + timedelta(seconds=60))


def test_a_claim_that_was_given_back_can_be_taken_at_once(account: Account) -> None:
    stored(account.ledger, a_run(status=Status.EVALUATED))
    account.ledger.claim_message(NAME, NOON)
    account.ledger.release_message(NAME, NOON)
    assert account.ledger.claim_message(NAME, NOON + timedelta(seconds=1))


def test_nobody_gets_a_claim_nor_looks_after_a_run_once_its_message_went_out(account: Account) -> None:
    stored(account.ledger, a_run(status=Status.EVALUATED))
    account.ledger.claim_message(NAME, NOON)
    account.ledger.record_message(NAME, NOON)
    assert not account.ledger.claim_message(NAME, NOON + timedelta(days=1))
    assert names(account.ledger.due(NOON + timedelta(days=1))) == []
    assert item(NAME).keys().isdisjoint({"stage", "turn"})


# -------------------------------------------------------------------------- listing


def test_runs_are_listed_newest_first_all_or_those_of_one_dataset(account: Account) -> None:
    for day, dataset in enumerate(["a", "b", "a"]):
        stored(account.ledger, a_run(run=f"run-{day}", dataset=dataset, created_at=NOON + timedelta(days=day)))
    account.ledger.take_slot("a-job", most=1)
    assert names(account.ledger.runs()) == ["run-2", "run-1", "run-0"]
    assert names(account.ledger.runs("a")) == ["run-2", "run-0"]
    assert names(account.ledger.runs("unknown")) == []
