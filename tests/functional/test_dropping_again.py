"""The same upload delivered again, and the same bytes uploaded again: what trains, and what is told."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from functions.launcher.app import lambda_handler
from tests.builders import ACCOUNT, CSV, a_context
from tests.functional.conftest import BUCKET, Account

from traindrop.run import Run, Status

KEY = "datasets/flowers/train/flowers.csv"
CONFIG_KEY = "datasets/flowers/training.yaml"
CONFIG = b"target: species\n"


@pytest.fixture(autouse=True)
def config(account: Account) -> dict[str, Any]:
    return account.put(CONFIG_KEY, CONFIG)


def launch(event: dict[str, Any]) -> str:
    (run,) = lambda_handler(event, a_context())["runs"]
    return str(run)


def end(account: Account, run: str, status: Status, **fields: Any) -> None:
    """Let a run that is training come to its end, told."""
    moment = datetime.now(UTC)
    account.ledger.advance(run, Status.COMPLETED, moment)
    assert account.ledger.advance(run, status, moment, **fields) or status in {Status.FAILED, Status.STOPPED}
    account.ledger.record_message(run, moment)


def fail(account: Account, run: str) -> None:
    assert account.ledger.advance(run, Status.FAILED, datetime.now(UTC), reason="AlgorithmError: exit 1")


def statuses(account: Account) -> list[str]:
    return sorted(run.status.value for run in account.runs())


def test_the_same_bytes_again_are_answered_by_the_run_that_has_the_result(account: Account) -> None:
    first = launch(account.put(KEY, CSV))
    end(account, first, Status.EVALUATED, main_metric="auc", metrics={"auc": 0.9871})
    again = account.ledger.stored(launch(account.put(KEY, CSV)))
    assert (again.status, again.answered_by) == (Status.REPEATED, first)
    assert "auc 0.9871" in (again.reason or "")
    assert account.jobs() == [first]
    assert [event["detail-type"] for event in account.events()] == ["Run Repeated"]


def test_the_same_bytes_again_while_the_first_still_trains_launch_nothing(account: Account) -> None:
    first = launch(account.put(KEY, CSV))
    again = account.ledger.stored(launch(account.put(KEY, CSV)))
    assert (again.status, again.answered_by) == (Status.REPEATED, first)
    assert account.jobs() == [first]


def test_the_same_bytes_train_again_where_the_earlier_run_failed(account: Account) -> None:
    first = launch(account.put(KEY, CSV))
    fail(account, first)
    second = launch(account.put(KEY, CSV))
    assert account.ledger.stored(second).status is Status.IN_PROGRESS
    assert sorted(account.jobs()) == sorted([first, second])
    fail(account, second)
    third = launch(account.put(KEY, CSV))
    assert len({first, second, third}) == 3
    assert account.ledger.stored(third).first_run == first


@pytest.mark.parametrize("ended", [False, True])
def test_a_duplicate_of_an_upload_that_failed_trains_nothing_again(account: Account, ended: bool) -> None:
    event = account.put(KEY, CSV)
    first = launch(event)
    if ended:
        fail(account, first)
    assert launch(event) == first
    assert account.jobs() == [first]


def test_a_duplicate_of_a_repeated_upload_stays_the_repetition_that_it_was(account: Account) -> None:
    first = launch(account.put(KEY, CSV))
    event = account.put(KEY, CSV)
    repeated = launch(event)
    fail(account, first)
    assert launch(event) == repeated
    assert account.jobs() == [first]


def test_a_late_duplicate_changes_nothing_though_config_test_file_and_data_have_changed(account: Account) -> None:
    event = account.put(KEY, CSV)
    first = launch(event)
    account.put(CONFIG_KEY, CONFIG + b"seed: 7\n")
    account.put("datasets/flowers/test/held_out.csv", CSV)
    account.put(KEY, CSV + b"1.5,2,tulip\n")
    assert launch(event) == first
    assert account.jobs() == [first]


def test_a_config_and_a_csv_that_came_together_are_one_run_whichever_event_is_first(
    account: Account, config: dict[str, Any]
) -> None:
    csv = account.put(KEY, CSV)
    assert launch(config) == launch(csv)
    assert statuses(account) == ["InProgress"]


def test_a_rejected_file_that_is_dropped_again_is_rejected_again_and_told_again(account: Account) -> None:
    first = launch(account.put(KEY, b""))
    assert launch(account.put(KEY, b"")) != first
    assert statuses(account) == ["Rejected", "Rejected"]
    assert len(account.events()) == 2


def rerun(run: str, request_id: str = "8b1b6c52") -> list[str]:
    event = {
        "source": "traindrop.traindrop",
        "account": ACCOUNT,
        "detail-type": "Rerun Requested",
        "detail": {"run": run, "request_id": request_id},
    }
    runs: list[str] = lambda_handler(event, a_context())["runs"]
    return runs


def test_a_rerun_trains_the_very_files_of_its_run_once_more_under_a_new_name(account: Account) -> None:
    account.put("datasets/flowers/test/held_out.csv", CSV)
    first = launch(account.put(KEY, CSV))
    end(account, first, Status.EVALUATED)
    account.put(KEY, b"other,species\n1,rose\n")
    account.put(CONFIG_KEY, b"target: nonsense\n")
    account.put("datasets/flowers/test/held_out.csv", b"other,species\n1,rose\n")
    (second,) = rerun(first)
    run = account.ledger.stored(second)
    assert (run.status, run.first_run, run.target) == (Status.IN_PROGRESS, first, "species")
    for channel, file in (("train", "flowers.csv"), ("test", "held_out.csv")):
        copied = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"inputs/{second}/{channel}/{file}")
        assert copied["Body"].read() == CSV


def test_a_wish_for_a_rerun_that_comes_twice_trains_once_and_a_second_wish_trains_again(account: Account) -> None:
    first = launch(account.put(KEY, CSV))
    end(account, first, Status.EVALUATED)
    assert rerun(first) == rerun(first)
    assert len(account.jobs()) == 2
    rerun(first, "another wish")
    assert len(account.jobs()) == 3


def test_a_rerun_of_a_repetition_is_one_of_the_run_that_answered_it(account: Account) -> None:
    first = launch(account.put(KEY, CSV))
    end(account, first, Status.EVALUATED)
    (second,) = rerun(launch(account.put(KEY, CSV)))
    assert account.ledger.stored(second).first_run == first


def test_after_a_rerun_the_same_bytes_are_answered_by_it(account: Account) -> None:
    first = launch(account.put(KEY, CSV))
    end(account, first, Status.EVALUATED)
    (second,) = rerun(first)
    assert account.ledger.stored(launch(account.put(KEY, CSV))).answered_by == second


@pytest.mark.parametrize("reruns", [1, 2])
def test_a_rerun_that_fails_takes_no_answer_away(account: Account, reruns: int) -> None:
    first = launch(account.put(KEY, CSV))
    end(account, first, Status.EVALUATED)
    for number in range(reruns):
        fail(account, *rerun(first, f"wish-{number}"))
    again = account.ledger.stored(launch(account.put(KEY, CSV)))
    assert (again.status, again.answered_by) == (Status.REPEATED, first)
    assert len(account.jobs()) == 1 + reruns


def test_a_rerun_of_a_run_that_is_not_this_stacks_does_nothing(account: Account) -> None:
    assert rerun("traindrop-flowers-0123456789ab") == []
    assert account.runs() == []


def test_two_drops_of_the_same_bytes_at_the_same_moment_train_once(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is received in the middle of the first, just before that records its run."""
    other = account.put(KEY, CSV)
    mine = account.put(KEY, CSV)
    accept = type(account.ledger).accept
    names: list[str] = []

    def meanwhile(self: Any, run: Run, *arguments: Any, **more: Any) -> bool:
        if not names:
            names.append("in the middle")
            names.append(launch(other))
        return accept(self, run, *arguments, **more)

    monkeypatch.setattr(type(account.ledger), "accept", meanwhile)
    run = account.ledger.stored(launch(mine))
    assert (run.status, run.answered_by) == (Status.REPEATED, names[1])
    assert len(account.jobs()) == 1
