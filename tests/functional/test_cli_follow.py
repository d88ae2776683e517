"""Following a drop: what is told of the line, of further attempts, and of a drop that was answered before."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from tests.builders import a_run
from tests.functional.conftest import BUCKET, TABLE, Account
from tests.functional.service import Service, service

from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.errors import CommandError
from traindrop_cli.follow import Ended, Step, follow
from traindrop_cli.stack import Stack

__all__ = ["service"]  # a fixture

STACK = Stack("traindrop", BUCKET, TABLE, "http://localhost")
BEGAN = Step("uploaded", datetime(2026, 11, 12, tzinfo=UTC), "flowers.csv")


def now() -> datetime:
    return datetime.now(UTC)


class Story:
    """What happens while someone follows: one chapter at each pause between two looks."""

    def __init__(self, ledger: Ledger, service: Service) -> None:
        self.ledger, self.service = ledger, service
        self.chapters: list[Callable[[], object]] = []

    def accept(self, run: Run) -> None:
        assert self.ledger.accept(run, f"the upload of {run.run}", run.created_at)

    def wait_for(self, run: str, what: str) -> None:
        self.ledger.keep_waiting(self.ledger.stored(run), what, now())

    def launch(self, run: str) -> None:
        job = self.ledger.stored(run).job
        self.service.jobs[job] = {
            "TrainingJobName": job, "TrainingJobStatus": "InProgress", "TrainingStartTime": now(),
        }  # fmt: skip
        assert self.ledger.advance(run, Status.IN_PROGRESS, now(), launched_at=now())

    def fail_attempt(self, run: str, reason: str) -> None:
        failed = self.ledger.stored(run)
        waits_for = f"attempt {failed.attempt + 1} of 3 after {reason}"
        earlier = (*failed.earlier_failures, f"{failed.job}: {reason}")
        assert self.ledger.try_again(failed, now(), waits_for=waits_for, earlier_failures=earlier)

    def evaluate(self, run: str) -> None:
        assert self.ledger.advance(run, Status.COMPLETED, now(), training_ended_at=now())
        assert self.ledger.advance(run, Status.EVALUATED, now(), evaluated_at=now(), ended_at=now())

    def tell(self, run: str) -> None:
        self.ledger.record_message(run, now())


@pytest.fixture
def story(account: Account, service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    found = Story(account.ledger, service)
    monkeypatch.setattr(time, "sleep", lambda _: found.chapters.pop(0)())
    yield found
    monkeypatch.undo()
    assert found.chapters == []


def told(run: str) -> tuple[list[str], Ended]:
    """Name and detail of each step, and the end."""
    *steps, end = follow(STACK, lambda _: run, BEGAN, timeout=60)
    assert isinstance(end, Ended)
    return [f"{step.name} {step.detail}".strip() for step in steps if isinstance(step, Step)], end


def in_line(name: str, second: int) -> Run:
    return a_run(run=name, instance_type="ml.m5.large", created_at=datetime(2026, 11, 12, 0, 0, second, tzinfo=UTC))


def test_the_place_in_the_line_is_told_whenever_it_changes(story: Story) -> None:
    story.accept(in_line("first", 1))
    story.accept(in_line("second", 2))
    story.chapters = [
        lambda: story.wait_for("second", "its turn: others came earlier for ml.m5.large"),
        lambda: None,
        lambda: story.launch("first"),
        lambda: story.wait_for("second", "a free instance"),
        lambda: story.launch("second"),
        lambda: story.evaluate("second"),
        lambda: story.tell("second"),
    ]
    steps, end = told("second")
    assert steps == [
        "uploaded flowers.csv",
        "waiting 2nd in line for ml.m5.large, waits for its turn",
        "waiting 1st in line for ml.m5.large, waits for its turn",
        "waiting 1st in line for ml.m5.large, waits for a free instance",
        "launched xgboost, 1 × ml.m5.large",
        "training",
        "trained",
        "evaluated validation only",
        "notified",
    ]
    assert (end.run.run, end.repeated) == ("second", None)


def test_a_further_attempt_is_told_with_the_failure_before_it(story: Story) -> None:
    story.accept(in_line("unlucky", 1))
    story.chapters = [
        lambda: story.launch("unlucky"),
        lambda: story.fail_attempt("unlucky", "CapacityError: Unable to provision"),
        lambda: story.launch("unlucky"),
        lambda: story.evaluate("unlucky"),
        lambda: story.tell("unlucky"),
    ]
    steps, end = told("unlucky")
    assert steps[1:6] == [
        "launched xgboost, 1 × ml.m5.large",
        "training",
        "waiting 1st in line for ml.m5.large, waits for attempt 2 of 3 after CapacityError: Unable to provision",
        "launched xgboost, 1 × ml.m5.large, attempt 2 of 3 after CapacityError",
        "training",
    ]
    assert end.run.attempt == 2


def repeated(answered_by: str) -> Run:
    return a_run(run="again", status=Status.REPEATED, answered_by=answered_by, ended_at=now())


def test_a_repeated_drop_goes_on_with_the_run_that_will_have_the_answer(story: Story) -> None:
    story.accept(in_line("answer", 1))
    story.launch("answer")
    story.accept(repeated("answer"))
    story.chapters = [
        lambda: story.tell("again"),
        lambda: story.evaluate("answer"),
        lambda: story.tell("answer"),
    ]
    steps, end = told("again")
    assert steps[1] == "repeated this file was dropped before; answer has the answer"
    assert steps[-1] == "notified"
    assert "launched xgboost, 1 × ml.m5.large" in steps
    assert end.run.run == "answer"
    assert end.repeated is not None
    assert end.repeated.run == "again"


def test_of_a_repeated_drop_whose_answer_is_long_there_nothing_old_is_told_as_news(story: Story) -> None:
    story.accept(in_line("answer", 1))
    story.launch("answer")
    story.evaluate("answer")
    story.tell("answer")
    story.accept(repeated("answer"))
    story.tell("again")
    steps, end = told("again")
    assert [step.split()[0] for step in steps] == ["uploaded", "repeated", "notified"]
    assert end.run.run == "answer"


def test_one_that_is_not_there_in_time_is_said_not_to_be_lost(story: Story) -> None:
    with pytest.raises(CommandError, match="Nothing is lost"):
        list(follow(STACK, lambda _: None, BEGAN, timeout=0))
    assert story.chapters == []
