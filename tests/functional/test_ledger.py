"""The runs table, in an account of moto's."""

import math
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import a_run
from tests.functional.conftest import Account

from traindrop.run import COMES_FROM, FINAL, Run, Status

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
NAME = a_run().run
# One account for all examples: each example has a run of its own.
SHARED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_run_comes_back_as_it_was_written(account: Account) -> None:
    run = a_run(
        version_id="v1", target="größe", task="binary", rows=60, notes=("one", "two"), launched_at=NOON,
        metrics={"auc": 0.1 + 0.2, "precision": None}, intervals={"auc": (0.25, 0.35)}, metric="auc",
    )  # fmt: skip
    assert account.ledger.create(run)
    assert account.ledger.get(run.run) == run


def test_an_unknown_run_is_none_or_an_error_where_it_has_to_be_there(account: Account) -> None:
    assert account.ledger.get("nothing") is None
    with pytest.raises(KeyError, match="nothing"):
        account.ledger.stored("nothing")


def test_a_run_is_created_once_and_the_second_try_changes_nothing(account: Account) -> None:
    assert account.ledger.create(a_run(rows=1))
    assert not account.ledger.create(a_run(rows=2))
    assert account.ledger.stored(NAME).rows == 1


@SHARED
@given(st.floats())
def test_any_float_that_is_a_number_comes_back_as_the_same_number(account: Account, value: float) -> None:
    run = a_run(run=f"run-{value!r}", metrics={"rmse": value}, intervals={"rmse": (value, value)})
    if not math.isfinite(value):
        run = run.model_copy(update={"intervals": {}})
    account.ledger.create(run)
    assert account.ledger.stored(run.run).metrics == {"rmse": value if math.isfinite(value) else None}
    assert account.ledger.stored(run.run).intervals == run.intervals


def test_a_run_advances_exactly_where_its_status_may_follow(account: Account) -> None:
    for start, wanted in product(Status, Status):  # one account for all pairs: making one takes longer than the test
        name = f"{start}-to-{wanted}"
        account.ledger.create(a_run(run=name, status=start))
        allowed = start in COMES_FROM[wanted]
        assert account.ledger.advance(name, wanted, reason="because") is allowed, name
        run = account.ledger.stored(name)
        assert (run.status, run.reason) == ((wanted, "because") if allowed else (start, None)), name


@SHARED
@given(st.lists(st.sampled_from(Status), max_size=12))
def test_late_and_repeated_events_in_any_order_never_change_a_run_that_ended(
    account: Account, events: list[Status]
) -> None:
    name = f"run-{uuid4()}"
    account.ledger.create(a_run(run=name))
    history = [Status.WAITING]
    for status in events:
        moved = account.ledger.advance(name, status, reason=f"step {len(history)}")
        if moved:
            history.append(status)
        found = account.ledger.stored(name)
        assert found.status is history[-1]
        assert found.reason == (f"step {len(history) - 1}" if len(history) > 1 else None)
    assert len(set(history)) == len(history)
    assert all(status not in FINAL for status in history[:-1])


def test_a_run_that_is_not_there_cannot_advance(account: Account) -> None:
    assert not account.ledger.advance("nothing", Status.COMPLETED)
    assert account.ledger.get("nothing") is None


def test_what_is_not_known_does_not_wipe_out_what_is(account: Account) -> None:
    account.ledger.create(a_run(status=Status.IN_PROGRESS, reason="known"))
    account.ledger.advance(NAME, Status.COMPLETED, reason=None, billable_seconds=60)
    run = account.ledger.stored(NAME)
    assert (run.reason, run.billable_seconds) == ("known", 60)


def test_one_of_two_gets_the_claim_and_the_next_one_only_when_it_ran_out(account: Account) -> None:
    account.ledger.create(a_run(status=Status.EVALUATED))
    assert account.ledger.claim_message(NAME, NOON)
    assert not account.ledger.claim_message(NAME, NOON)
    assert not account.ledger.claim_message(NAME, NOON + timedelta(seconds=44))
    assert account.ledger.claim_message(NAME, NOON + timedelta(seconds=60))


def test_nobody_gets_a_claim_once_the_message_went_out(account: Account) -> None:
    account.ledger.create(a_run(status=Status.EVALUATED))
    account.ledger.claim_message(NAME, NOON)
    account.ledger.record_message(NAME, NOON)
    assert not account.ledger.claim_message(NAME, NOON + timedelta(days=1))


def test_runs_are_listed_newest_first_all_or_those_of_one_dataset(account: Account) -> None:
    for day, dataset in enumerate(["a", "b", "a"]):
        account.ledger.create(a_run(run=f"run-{day}", dataset=dataset, created_at=NOON + timedelta(days=day)))

    def names(found: "list[Run]") -> list[str]:
        return [run.run for run in found]

    assert names(list(account.ledger.runs())) == ["run-2", "run-1", "run-0"]
    assert names(list(account.ledger.runs("a"))) == ["run-2", "run-0"]
    assert names(list(account.ledger.runs("unknown"))) == []


def test_a_second_drop_of_the_same_bytes_is_noted_with_the_run_that_answers_it(account: Account) -> None:
    account.ledger.create(a_run(version_id="v1"))
    account.ledger.note_again(NAME, "v2")
    assert account.ledger.stored(NAME).uploads == {"v1", "v2"}
